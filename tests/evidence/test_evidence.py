"""Evidence is written once, chained, and any change to it is found and named."""

import gzip
import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from spendready_pipeline.evidence.archive import MANIFEST, Incoming, KeptQuery, Sealed, newest_snapshot
from spendready_pipeline.evidence.ledger import LedgerDamagedError
from spendready_pipeline.evidence.verify import unfinished, verify
from spendready_pipeline.storage.files import OrgFiles

MONDAY = datetime(2026, 11, 2, 6, tzinfo=UTC)


def take(files: OrgFiles, at: datetime) -> Sealed:
    """Writes the evidence of a snapshot with three pages of two objects."""
    incoming = Incoming(files, at)
    objects = []
    for name, number in (("User", 2), ("OauthToken", 1)):
        query = KeptQuery(f"SELECT Id FROM {name}")
        for page in range(number):
            content = gzip.compress(f"{name} {page} {at}".encode(), mtime=0)
            incoming.keep(name, query, content, 99, gzipped_here=False)
        objects.append({"object": name, "queries": [{"soql": query.soql, "pages": query.pages}]})
    return incoming.seal({"org": files.org, "objects": objects})


@pytest.fixture
def files(tmp_path: Path) -> OrgFiles:
    return OrgFiles(tmp_path / "acme")


@pytest.fixture
def weeks(files: OrgFiles) -> list[Sealed]:
    return [take(files, MONDAY + timedelta(weeks=week)) for week in range(3)]


def said(files: OrgFiles) -> list[str]:
    """What `verify` names."""
    return [str(problem) for problem in verify(files)]


def test_untouched_evidence_has_no_problem(files, weeks) -> None:
    assert [week.folder for week in weeks] == ["20261102T060000Z", "20261109T060000Z", "20261116T060000Z"]
    assert said(files) == []
    assert unfinished(files) == []


def test_every_page_is_flushed_before_the_manifest_is_written(files, monkeypatch) -> None:
    flushed = {}

    def flush_page(path: Path) -> None:
        flushed[path] = (path.read_bytes() if path.is_file() else None, (incoming.folder / MANIFEST).exists())

    monkeypatch.setattr("spendready_pipeline.evidence.archive.flush", flush_page)
    incoming = Incoming(files, MONDAY)
    pages = {incoming.keep("User", KeptQuery(""), b"1", 1, gzipped_here=False): b"1"}
    incoming.flush("User")
    pages[incoming.keep("User", KeptQuery(""), b"2", 1, gzipped_here=False)] = b"2"  # after the first flush
    pages[incoming.keep("Profile", KeptQuery(""), b"3", 1, gzipped_here=False)] = b"3"  # never flushed by itself
    folders = {page.parent: None for page in pages}
    incoming.seal({"objects": []})
    assert {path: flushed.get(path) for path in pages | folders} == {
        path: (content, False) for path, content in (pages | folders).items()
    }


def test_no_evidence_yet_is_no_problem(files) -> None:
    assert said(files) == []


def test_each_manifest_has_the_hash_of_the_one_before(files, weeks) -> None:
    manifests = [(files.evidence / week.folder / MANIFEST).read_bytes() for week in weeks]
    before = [json.loads(each)["previous_manifest_sha256"] for each in manifests]
    assert before == [None, *(hashlib.sha256(each).hexdigest() for each in manifests[:-1])]
    assert [week.manifest_sha256 for week in weeks] == [hashlib.sha256(each).hexdigest() for each in manifests]


def test_a_second_snapshot_of_one_second_has_a_folder_of_its_own(files) -> None:
    names = [take(files, MONDAY).folder for _ in range(3)]
    assert names == ["20261102T060000Z", "20261102T060000Z-2", "20261102T060000Z-3"]
    assert said(files) == []


def test_an_org_whose_clock_was_set_back_keeps_one_chain(files, weeks) -> None:
    take(files, MONDAY - timedelta(days=3))
    take(files, MONDAY + timedelta(weeks=3))
    assert said(files) == []


@pytest.mark.parametrize("file", ["User/00001.json.gz", "User/00002.json.gz", "OauthToken/00001.json.gz"])
@pytest.mark.parametrize("position", [0, 15, -1], ids=["first byte", "middle byte", "last byte"])
def test_one_changed_byte_is_named(files, weeks, file, position) -> None:
    page = files.evidence / weeks[1].folder / file
    content = bytearray(page.read_bytes())
    content[position] ^= 1
    page.write_bytes(content)
    assert said(files) == [f"{weeks[1].folder}/{file}: was changed"]


def test_a_removed_file_is_named(files, weeks) -> None:
    (files.evidence / weeks[0].folder / "User/00002.json.gz").unlink()
    assert said(files) == ["20261102T060000Z/User/00002.json.gz: was removed"]


def test_a_link_in_the_place_of_a_page_is_named(files, weeks, tmp_path: Path) -> None:
    page = files.evidence / weeks[1].folder / "User/00001.json.gz"
    page.rename(tmp_path / "elsewhere")
    page.symlink_to(tmp_path / "elsewhere")
    assert said(files) == ["20261109T060000Z/User/00001.json.gz: was changed"]
    (tmp_path / "elsewhere").unlink()
    assert said(files) == ["20261109T060000Z/User/00001.json.gz: was changed"]


def test_an_added_file_is_named(files, weeks) -> None:
    (files.evidence / weeks[2].folder / "User/00003.json.gz").write_bytes(b"")
    (files.evidence / "notes.txt").write_bytes(b"")
    assert said(files) == ["20261116T060000Z/User/00003.json.gz: was added", "notes.txt: was added"]


def test_a_page_put_in_the_place_of_another_is_named(files, weeks) -> None:
    first, second = (files.evidence / weeks[0].folder / f"User/0000{number}.json.gz" for number in (1, 2))
    first.write_bytes(second.read_bytes())
    assert said(files) == ["20261102T060000Z/User/00001.json.gz: was changed"]


def test_exchanged_weeks_are_named(files, weeks) -> None:
    first, second, aside = (files.evidence / name for name in (weeks[0].folder, weeks[1].folder, "aside"))
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    assert said(files) == [
        "20261102T060000Z: holds the evidence of 20261109T060000Z",
        "20261109T060000Z: holds the evidence of 20261102T060000Z",
    ]


@pytest.mark.parametrize("position", [0, 40, -1], ids=["first byte", "within", "last byte"])
@pytest.mark.parametrize("week", [0, 1, 2], ids=["oldest", "middle", "newest"])
def test_one_changed_byte_of_a_manifest_is_named(files, weeks, week, position) -> None:
    manifest = files.evidence / weeks[week].folder / MANIFEST
    content = bytearray(manifest.read_bytes())
    content[position] ^= 1
    manifest.write_bytes(content)
    found = verify(files)
    assert {(each.snapshot, each.file) for each in found} >= {(weeks[week].folder, MANIFEST)}


@pytest.mark.parametrize(
    ("week", "said_of_it"),
    [
        pytest.param(1, "was changed after 20261116T060000Z was written", id="followed"),
        pytest.param(2, "is not the one that evidence.sha256 lists", id="newest"),
    ],
)
def test_a_manifest_that_says_something_else_is_named(files, weeks, week, said_of_it) -> None:
    manifest = files.evidence / weeks[week].folder / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"acme"', b'"acne"'))
    assert said(files) == [f"{weeks[week].folder}/manifest.json: {said_of_it}"]


@pytest.mark.parametrize("week", [0, 1, 2], ids=["oldest", "middle", "newest"])
@pytest.mark.parametrize("left", [0, 100, -1], ids=["nothing", "a part", "all but a byte"])
def test_a_truncated_manifest_is_named(files, weeks, week, left) -> None:
    manifest = files.evidence / weeks[week].folder / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:left])
    assert said(files) == [f"{weeks[week].folder}/manifest.json: is missing or cannot be read"]


@pytest.mark.parametrize("week", [0, 1])
def test_a_removed_week_is_named_by_the_week_after(files, weeks, week) -> None:
    (files.evidence / weeks[week].folder).rename(files.root / "aside")
    assert said(files) == [f"{weeks[week].folder}: was removed; {weeks[week + 1].folder} follows it"]


def test_a_week_written_anew_in_the_middle_is_named(files, weeks) -> None:
    (files.evidence / weeks[1].folder).rename(files.root / "aside")
    copy = json.loads((files.evidence / weeks[2].folder / MANIFEST).read_text())
    copy |= {"snapshot": weeks[1].folder, "previous_snapshot": weeks[0].folder, "objects": []}
    (files.evidence / weeks[1].folder).mkdir()
    (files.evidence / weeks[1].folder / MANIFEST).write_text(json.dumps(copy))
    assert "20261109T060000Z/manifest.json: was changed after 20261116T060000Z was written" in said(files)


def remember(files: OrgFiles, weeks: list[Sealed], *databases: str) -> None:
    """Writes the tables `snapshots` that publishing and dbt leave, or those of them that are named."""
    (files.weeks / "20261116T060000Z").mkdir(parents=True, exist_ok=True)
    places = {"published": (files.findings_database, "main"), "warehouse": (files.warehouse, "marts")}
    for name in databases or places:
        path, schema = places[name]
        with duckdb.connect(str(path)) as database:
            database.execute(f"create schema if not exists {schema}")
            database.execute(f"create table {schema}.snapshots (evidence_folder varchar, manifest_sha256 varchar)")
            rows = [(week.folder, week.manifest_sha256) for week in weeks]
            database.executemany(f"insert into {schema}.snapshots values (?, ?)", rows)


def cut_ledger(files: OrgFiles, lines: int) -> None:
    """Leaves the first lines of the ledger."""
    kept = files.evidence_ledger.read_text().splitlines(keepends=True)[:lines]
    files.evidence_ledger.write_text("".join(kept))


def test_the_newest_week_is_missed_by_the_ledger(files, weeks) -> None:
    shutil.rmtree(files.evidence / weeks[2].folder)
    assert said(files) == ["20261116T060000Z: was removed; evidence.sha256 lists it"]


@pytest.mark.parametrize(
    ("knows", "witness"),
    [("published", "the published table snapshots"), ("warehouse", "the warehouse's table snapshots")],
)
def test_the_newest_week_is_missed_by_each_database(files, weeks, knows, witness) -> None:
    """Somebody thought of the ledger as well, and of the other database."""
    remember(files, weeks, knows)
    remember(files, weeks[:2], *({"published", "warehouse"} - {knows}))
    cut_ledger(files, 2)
    shutil.rmtree(files.evidence / weeks[2].folder)
    assert said(files) == [f"20261116T060000Z: was removed; {witness} has it"]


def test_databases_that_agree_are_no_problem(files, weeks) -> None:
    remember(files, weeks)
    assert said(files) == []


@pytest.mark.parametrize("lost", ["published", "warehouse"])
@pytest.mark.parametrize("how", ["removed", "overwritten"])
def test_a_database_that_cannot_be_asked_is_named(files, weeks, lost, how) -> None:
    remember(files, weeks)
    path = files.findings_database if lost == "published" else files.warehouse
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(b"x")
    name, why = path.relative_to(files.root), "it is missing" if how == "removed" else "it is damaged"
    assert said(files) == [f"{name}: {why}, so the evidence could not be compared with its snapshots"]


def test_a_published_database_without_its_table_is_named(files, weeks) -> None:
    remember(files, weeks)
    with duckdb.connect(str(files.findings_database)) as database:
        database.execute("drop table snapshots")
    assert said(files) == [
        "published/findings.duckdb: it has no table snapshots, so the evidence could not be compared with its snapshots"
    ]


def test_an_org_of_which_nothing_was_built_yet_has_no_database_to_ask(files, weeks) -> None:
    duckdb.connect(str(files.warehouse)).close()
    assert said(files) == []


LEDGER_DAMAGE = {
    "not UTF-8": (lambda text: text[:70] + b"\xff" + text[71:], "line 1: is not a line that sha256sum writes"),
    "cut in the middle": (lambda text: text[:-20], "line 3: is cut off: it does not end with a newline"),
    "without its last newline": (lambda text: text[:-1], "line 3: is cut off: it does not end with a newline"),
    "a line of something else": (lambda text: b"# \n" + text, "line 1: is not a line that sha256sum writes"),
    "random": (lambda text: bytes(range(256)), "line 1: is not a line that sha256sum writes"),
}


@pytest.mark.parametrize(("damage", "what"), LEDGER_DAMAGE.values(), ids=LEDGER_DAMAGE)
def test_a_damaged_ledger_is_named_and_nothing_is_added_to_it(files, weeks, damage, what) -> None:
    content = damage(files.evidence_ledger.read_bytes())
    files.evidence_ledger.write_bytes(content)
    assert f"evidence.sha256/{what}" in said(files)
    with pytest.raises(LedgerDamagedError, match=r"evidence\.sha256 is damaged: line \d+ is .* Put back a copy"):
        newest_snapshot(files)
    with pytest.raises(LedgerDamagedError):
        take(files, MONDAY + timedelta(weeks=4))
    assert files.evidence_ledger.read_bytes() == content


def test_a_ledger_that_lists_a_week_twice_is_named(files, weeks) -> None:
    first = files.evidence_ledger.read_bytes().splitlines(keepends=True)[0]
    files.evidence_ledger.write_bytes(files.evidence_ledger.read_bytes() + first)
    assert said(files) == ["evidence.sha256: lists 20261102T060000Z 2 times"]


def test_all_weeks_removed_are_each_named(files, weeks) -> None:
    shutil.rmtree(files.evidence)
    assert said(files) == [f"{week.folder}: was removed; evidence.sha256 lists it" for week in weeks]


def test_a_ledger_that_was_touched_is_named(files, weeks) -> None:
    ledger = files.evidence_ledger.read_text()
    files.evidence_ledger.write_text("".join(ledger.splitlines(keepends=True)[:2]))
    assert said(files) == ["20261116T060000Z: is not listed in evidence.sha256"]
    files.evidence_ledger.unlink()
    assert said(files) == ["evidence.sha256: was removed"]


def test_a_week_that_no_run_wrote_is_named(files, weeks) -> None:
    ledger = files.evidence_ledger.read_text()
    forged = take(files, MONDAY + timedelta(weeks=3))
    files.evidence_ledger.write_text(ledger)
    assert said(files) == [f"{forged.folder}: is not listed in evidence.sha256"]


def test_the_ledger_is_in_the_format_of_sha256sum(files, weeks) -> None:
    sha256sum = ["sha256sum", "--check", "--strict", "--quiet", files.evidence_ledger.name]
    assert subprocess.run(sha256sum, cwd=files.root, check=False).returncode == 0
    assert len(files.evidence_ledger.read_text().splitlines()) == 3
    (files.evidence / weeks[2].folder / MANIFEST).write_bytes(b"{}")
    assert subprocess.run(sha256sum, cwd=files.root, check=False, capture_output=True).returncode == 1


def test_a_missing_manifest_is_named(files, weeks) -> None:
    (files.evidence / weeks[2].folder / MANIFEST).unlink()
    assert said(files) == ["20261116T060000Z/manifest.json: is missing or cannot be read"]


def test_two_weeks_that_follow_the_same_one_are_named(files, weeks) -> None:
    (files.evidence / weeks[2].folder).rename(files.root / "aside")
    take(files, MONDAY + timedelta(weeks=4))
    (files.root / "aside").rename(files.evidence / weeks[2].folder)
    assert said(files) == ["20261130T060000Z/manifest.json: follows 20261109T060000Z, as 20261116T060000Z does"]


def test_a_killed_run_leaves_no_evidence_and_the_next_one_clears_up(files) -> None:
    killed = Incoming(files, MONDAY)
    killed.keep("User", KeptQuery("SELECT Id FROM User"), b"half a", 6, gzipped_here=False)
    assert said(files) == []
    assert unfinished(files) == ["20261102T060000Z"]
    sealed = take(files, MONDAY)
    assert [each.name for each in files.evidence.iterdir()] == [sealed.folder]


def test_a_discarded_query_leaves_no_pages(files) -> None:
    incoming = Incoming(files, MONDAY)
    lost, kept = KeptQuery("SELECT Id FROM User"), KeptQuery("SELECT Id FROM User")
    incoming.keep("User", lost, b"1", 1, gzipped_here=False)
    incoming.discard(lost)
    incoming.keep("User", kept, b"2", 1, gzipped_here=True)
    incoming.seal({"objects": [{"object": "User", "queries": [{"soql": kept.soql, "pages": kept.pages}]}]})
    assert said(files) == []


def test_a_run_killed_after_the_ledger_was_written_has_left_evidence(files, weeks) -> None:
    # Only its last act, the rename, is missing.
    (files.evidence / weeks[2].folder).rename(files.evidence / f".incoming-{weeks[2].folder}")
    assert said(files) == []
    assert unfinished(files) == [weeks[2].folder]
    follower = take(files, MONDAY + timedelta(weeks=3))
    assert json.loads((files.evidence / follower.folder / MANIFEST).read_text())["previous_snapshot"] == weeks[2].folder
    assert said(files) == []
    assert unfinished(files) == []


def test_listed_evidence_that_is_hidden_and_changed_is_named(files, weeks) -> None:
    hidden = (files.evidence / weeks[2].folder).rename(files.evidence / f".incoming-{weeks[2].folder}")
    (hidden / MANIFEST).write_bytes(b"{}")
    assert said(files) == ["20261116T060000Z: was removed; evidence.sha256 lists it"]
