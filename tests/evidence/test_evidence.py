"""Evidence is written once, chained, and any change to it is found and named."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spendready_pipeline.evidence import MANIFEST, Incoming, KeptQuery, Sealed, verify
from spendready_pipeline.files import OrgFiles

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


def said(files: OrgFiles, newest: Sealed | None = None) -> list[str]:
    return [str(problem) for problem in verify(files, newest)]


def test_untouched_evidence_has_no_problem(files, weeks) -> None:
    assert [week.folder for week in weeks] == ["20261102T060000Z", "20261109T060000Z", "20261116T060000Z"]
    assert said(files, weeks[-1]) == []


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


def test_an_added_file_is_named(files, weeks) -> None:
    (files.evidence / weeks[2].folder / "User/00003.json.gz").write_bytes(b"")
    assert said(files) == ["20261116T060000Z/User/00003.json.gz: was added"]


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


def test_a_changed_manifest_is_named_by_the_week_after(files, weeks) -> None:
    manifest = files.evidence / weeks[1].folder / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"acme"', b'"acne"'))
    assert said(files) == ["20261109T060000Z/manifest.json: was changed after 20261116T060000Z was written"]


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


def test_a_missing_manifest_is_named(files, weeks) -> None:
    (files.evidence / weeks[2].folder / MANIFEST).unlink()
    assert said(files) == ["20261116T060000Z/manifest.json: is missing or cannot be read"]


def test_two_weeks_that_follow_the_same_one_are_named(files, weeks) -> None:
    (files.evidence / weeks[2].folder).rename(files.root / "aside")
    take(files, MONDAY + timedelta(weeks=4))
    (files.root / "aside").rename(files.evidence / weeks[2].folder)
    assert said(files) == ["20261130T060000Z/manifest.json: follows 20261109T060000Z, as 20261116T060000Z does"]


def test_the_end_of_the_chain_is_known_from_outside(files, weeks) -> None:
    (files.evidence / weeks[2].folder).rename(files.root / "aside")
    assert said(files) == []
    assert said(files, weeks[2]) == ["20261116T060000Z: was removed"]


def test_a_killed_run_leaves_no_evidence_and_the_next_one_clears_up(files) -> None:
    killed = Incoming(files, MONDAY)
    killed.keep("User", KeptQuery("SELECT Id FROM User"), b"half a", 6, gzipped_here=False)
    assert said(files) == []
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
