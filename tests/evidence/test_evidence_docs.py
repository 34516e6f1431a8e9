"""The commands of docs/evidence.md, on evidence of two weeks of a demo org: they pass, and fail after one byte."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo_org.serve import DemoOrg
from spendready_pipeline.evidence.archive import FORGET, MANIFEST, Incoming, snapshot_folders
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.maintenance.pruning import prune
from spendready_pipeline.storage.files import OrgFiles
from tests.evidence.test_evidence import take
from tests.salesforce.audits import Audit, settings_of

COMMANDS = re.findall(
    r"^```sh\n(.*?)^```$", (Path(__file__).parents[2] / "docs/evidence.md").read_text(), re.DOTALL | re.MULTILINE
)
MANIFESTS, PAGES, CHAIN, READ = range(4)


@pytest.fixture(scope="module")
def files(demo_org: DemoOrg, tmp_path_factory: pytest.TempPathFactory) -> OrgFiles:
    audit = Audit(settings_of(demo_org), OrgFiles(tmp_path_factory.mktemp("data") / "demo"), [])
    audit.run()
    audit.run()
    return audit.files


def failing(files: OrgFiles) -> set[int]:
    """The commands that do not pass, by their place in the document."""
    runs = [subprocess.run(["sh", "-c", each], cwd=files.root, capture_output=True, check=False) for each in COMMANDS]
    return {place for place, run in enumerate(runs) if run.returncode}


def failing_with_a_byte_changed(files: OrgFiles, path: Path, position: int) -> set[int]:
    before = path.read_bytes()
    changed = bytearray(before)
    changed[position] ^= 1
    path.write_bytes(changed)
    try:
        return failing(files)
    finally:
        path.write_bytes(before)


def test_every_command_passes_on_what_was_not_touched(files: OrgFiles) -> None:
    assert len(snapshot_folders(files.evidence)) == 2
    assert len(COMMANDS) == 4
    assert failing(files) == set()


@pytest.mark.parametrize("week", [0, 1])
def test_a_byte_of_a_page_is_found(files: OrgFiles, week: int) -> None:
    page = snapshot_folders(files.evidence)[week] / "User/00001.json.gz"
    assert failing_with_a_byte_changed(files, page, len(page.read_bytes()) // 2) == {PAGES}


@pytest.mark.parametrize(("week", "found_by"), [(0, {MANIFESTS, CHAIN}), (1, {MANIFESTS})])
def test_a_byte_of_a_manifest_is_found(files: OrgFiles, week: int, found_by: set[int]) -> None:
    manifest = snapshot_folders(files.evidence)[week] / MANIFEST
    position = manifest.read_bytes().index(b'"demo"') + 1
    assert failing_with_a_byte_changed(files, manifest, position) == found_by


def test_a_page_that_is_gone_is_found(files: OrgFiles) -> None:
    page = snapshot_folders(files.evidence)[0] / "User/00001.json.gz"
    aside = page.rename(files.root / "aside")
    try:
        assert failing(files) == {PAGES}
    finally:
        aside.rename(page)


def test_what_was_pruned_or_taken_back_breaks_no_proof(tmp_path: Path) -> None:
    """Of evidence without a page that could be read: the last command has nothing to show."""
    files = OrgFiles(tmp_path / "acme")
    now = datetime(2028, 1, 3, 6, tzinfo=UTC)
    names = [take(files, now - timedelta(days=days)).folder for days in (600, 500, 300, 200, 100, 0)]
    assert prune(files, Keep(), now, now).snapshots == tuple(names[:2])
    Incoming(files, now, FORGET).seal({"about": [names[5]], "objects": []})
    assert failing(files) == {READ}
    (files.evidence / names[0] / MANIFEST).unlink()
    assert failing(files) == {MANIFESTS, CHAIN, READ}
