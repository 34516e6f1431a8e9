"""What is kept how long, and what still proves that the rest was as it was."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spendready_pipeline.evidence.archive import MANIFEST, PRUNE, Incoming, pruned_snapshots
from spendready_pipeline.evidence.verify import examine
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.maintenance.pruning import prune
from spendready_pipeline.storage.files import OrgFiles, snapshot_folder_name
from tests.evidence.test_evidence import take

NOW = datetime(2028, 1, 3, 6, tzinfo=UTC)
DAY = timedelta(days=1)
KEEP = Keep()


@pytest.fixture
def files(tmp_path: Path) -> OrgFiles:
    """An org with a snapshot every 100 days, the last one now: 600, 500, 400, 300 ... days old."""
    files = OrgFiles(tmp_path / "acme")
    for days in range(600, -1, -100):
        take(files, NOW - days * DAY)
    return files


def name(days: int) -> str:
    return snapshot_folder_name(NOW - days * DAY)


def pages(files: OrgFiles, days: int) -> list[str]:
    return sorted(path.name for path in (files.evidence / name(days)).rglob("*.json.gz"))


def said(files: OrgFiles) -> list[str]:
    return [str(problem) for problem in examine(files, NOW).problems]


def test_pages_go_after_400_days_and_the_chain_is_still_proved(files: OrgFiles) -> None:
    pruned = prune(files, KEEP, NOW, NOW)
    assert pruned.snapshots == (name(600), name(500)), "a snapshot of exactly 400 days is kept"
    assert [pages(files, days) for days in (600, 500)] == [[], []]
    assert len(pages(files, 400)) == 3
    assert all((files.evidence / name(days) / MANIFEST).exists() for days in (600, 500, 400))
    found = examine(files, NOW)
    assert (found.problems, found.with_pages, found.manifest_only) == ((), 5, 2)
    sha256sum = ["sha256sum", "--check", "--strict", "--quiet", files.evidence_ledger.name]
    assert subprocess.run(sha256sum, cwd=files.root, check=False).returncode == 0


def test_the_next_run_prunes_what_is_over_by_then_and_nothing_twice(files: OrgFiles) -> None:
    prune(files, KEEP, NOW, NOW)
    assert prune(files, KEEP, NOW, NOW).snapshots == ()
    assert prune(files, KEEP, NOW + DAY, NOW + DAY).snapshots == (name(400),)
    assert len(list(files.evidence.glob(f"*{PRUNE}*"))) == 2
    assert said(files) == []


@pytest.mark.parametrize(("org_ahead", "local_ahead"), [(410 * DAY, 0 * DAY), (0 * DAY, 410 * DAY)])
def test_one_wrong_clock_prunes_nothing(files: OrgFiles, org_ahead: timedelta, local_ahead: timedelta) -> None:
    assert prune(files, KEEP, NOW + org_ahead, NOW + local_ahead).snapshots == (name(600), name(500))


def test_the_newest_four_are_kept_whatever_their_age(files: OrgFiles) -> None:
    """An org that nobody has audited for years."""
    later = NOW + 3000 * DAY
    assert prune(files, KEEP, later, later).snapshots == tuple(name(days) for days in (600, 500, 400))


def test_a_run_that_died_while_it_pruned_is_made_up_for(files: OrgFiles) -> None:
    """What goes is written down before it goes."""
    Incoming(files, NOW, PRUNE).seal({"about": [name(600), name(500)], "objects": []})
    (files.evidence / name(600) / "User" / "00001.json.gz").unlink()
    assert said(files) == []
    assert prune(files, KEEP, NOW, NOW).snapshots == ()
    assert [pages(files, days) for days in (600, 500)] == [[], []]
    assert said(files) == []


def test_pages_that_were_changed_are_kept_and_still_named(files: OrgFiles) -> None:
    page = files.evidence / name(600) / "User" / "00001.json.gz"
    page.write_bytes(b"forged")
    pruned = prune(files, KEEP, NOW, NOW)
    assert (pruned.snapshots, pruned.kept_changed) == ((name(500),), (name(600),))
    assert said(files) == [f"{name(600)}/User/00001.json.gz: was changed"]


def test_what_is_left_of_a_pruned_snapshot_is_still_judged(files: OrgFiles) -> None:
    prune(files, KEEP, NOW, NOW)
    folder = files.evidence / name(600)
    (folder / "notes.txt").write_bytes(b"")
    manifest = folder / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"acme"', b'"acne"'))
    assert said(files) == [
        f"{name(600)}/notes.txt: was added",
        f"{name(600)}/manifest.json: was changed after {name(500)} was written",
    ]


def test_no_entry_excuses_missing_pages_that_are_too_young_to_be_pruned(files: OrgFiles) -> None:
    """Who removes last month's pages and forges the entry that would excuse it is found out all the same."""
    Incoming(files, NOW, PRUNE).seal({"about": [name(300)], "objects": []})
    for page in (files.evidence / name(300) / "OauthToken").iterdir():
        page.unlink()
    assert said(files) == [f"{name(300)}/OauthToken/00001.json.gz: was removed"]


def test_an_entry_that_is_not_listed_excuses_nothing(files: OrgFiles) -> None:
    before = files.evidence_ledger.read_bytes()
    Incoming(files, NOW, PRUNE).seal({"about": [name(600)], "objects": []})
    files.evidence_ledger.write_bytes(before)
    assert pruned_snapshots(files) == {}
    (files.evidence / name(600) / "OauthToken" / "00001.json.gz").unlink()
    assert f"{name(600)}/OauthToken/00001.json.gz: was removed" in said(files)


def test_reports_go_after_400_days_and_other_files_stay(files: OrgFiles) -> None:
    ages = (500, 401, 400, 300, 200, 100)
    for days in ages:
        path = files.report((NOW - days * DAY).date())
        path.parent.mkdir(exist_ok=True)
        path.touch()
    others = ["notes.pdf", "acme-2020-99-99.pdf", "acme-2020-01-01.txt", "other-2020-01-01.pdf"]
    for other in others:
        (files.reports / other).touch()
    kept = {files.report((NOW - days * DAY).date()).name for days in ages[2:]}
    assert set(prune(files, KEEP, NOW, NOW).reports) == {f"acme-{(NOW - days * DAY).date()}.pdf" for days in (500, 401)}
    assert {path.name for path in files.reports.iterdir()} == kept | set(others)


def test_an_org_without_any_file_has_nothing_to_prune(tmp_path: Path) -> None:
    pruned = prune(OrgFiles(tmp_path / "acme"), KEEP, NOW, NOW)
    assert (pruned.snapshots, pruned.reports) == ((), ())
