"""What is on the disk is added up, its growth is read from the runs, and a disk that will be full soon is told of."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from spendready_pipeline.cli.status import print_status
from spendready_pipeline.maintenance.disk import (
    Forecast,
    Sizes,
    bytes_of,
    forecast,
    free_bytes,
    growth_a_day,
    measure,
    note,
    notes,
)
from spendready_pipeline.maintenance.disk_messages import bytes_in_words, left_in_words, warning
from spendready_pipeline.storage.files import OrgFiles

NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)
DAY = timedelta(days=1)
MB = 1_000_000
GB = 1_000 * MB


@pytest.fixture
def files(tmp_path: Path) -> OrgFiles:
    return OrgFiles(tmp_path / "data" / "acme")


def sizes(days_ago: int, evidence: int, *, dagster: int = 0, free: int = 500 * GB) -> Sizes:
    return Sizes(NOW - days_ago * DAY, evidence, 0, 0, 0, 0, dagster, free)


def test_every_file_of_an_org_counts_once_and_links_as_nothing(files: OrgFiles, tmp_path: Path) -> None:
    for path, size in {
        "evidence/20261102T060000Z/User/00001.json.gz": 1000,
        "evidence.sha256": 10,
        "warehouse.duckdb": 2000,
        "warehouse.duckdb.wal": 200,
        "reports/acme-2026-11-02.pdf": 300,
        "published/.weeks/20261102T060000Z/findings.duckdb": 400,
        ".dbt/dbt.log": 5,
    }.items():
        (files.root / path).parent.mkdir(parents=True, exist_ok=True)
        (files.root / path).write_bytes(b"x" * size)
    (files.published / "current").symlink_to(".weeks/20261102T060000Z")
    (files.published / "findings.duckdb").symlink_to("current/findings.duckdb")
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "runs.db").write_bytes(b"x" * 7)
    found = measure(files, home, NOW)
    assert (found.evidence, found.warehouse, found.reports, found.published) == (1010, 2200, 300, 400)
    assert (found.other, found.org, found.dagster) == (5, 3915, 7)
    assert found.free > 0


def test_what_is_not_there_takes_nothing(files: OrgFiles, tmp_path: Path) -> None:
    assert bytes_of(tmp_path / "nowhere") == 0
    assert measure(files, tmp_path / "nowhere", NOW).org == 0
    assert free_bytes(files.evidence) > 0


def test_notes_are_kept_for_two_years_and_a_damaged_line_is_left_out(files: OrgFiles) -> None:
    for days in range(120, 0, -1):
        note(files, sizes(days, days))
    files.sizes.write_bytes(b"\xff{\n" + files.sizes.read_bytes() + b'{"at": 5}\n')
    assert [each.evidence for each in notes(files)] == list(range(110, 0, -1))


def test_growth_is_that_of_the_last_quarter_and_needs_a_week() -> None:
    assert growth_a_day([]) is None
    assert growth_a_day([(NOW - 5 * DAY, 0), (NOW, 5)]) is None, "two audits of one week"
    assert growth_a_day([(NOW - 7 * DAY, 100), (NOW, 170)]) == 10
    long_ago = (NOW - 92 * DAY, 10**9)
    assert growth_a_day([long_ago, (NOW - 91 * DAY, 0), (NOW, 910)]) == 10
    assert growth_a_day([(NOW - 7 * DAY, 70), (NOW, 0)]) == -10


def test_all_orgs_of_a_disk_and_dagster_fill_it_together(tmp_path: Path) -> None:
    orgs = [OrgFiles(tmp_path / name) for name in ("acme", "acme-uat", "never-run")]
    for files, grown in zip(orgs, (70 * MB, 140 * MB), strict=False):
        note(files, sizes(7, 0))
        note(files, sizes(0, grown, dagster=7 * MB))
    coming = forecast(orgs, 31 * MB * 28)
    assert coming.a_day == 31 * MB
    assert (coming.left, coming.is_full_soon) == (28 * DAY, True)
    assert not forecast(orgs, 31 * MB * 29).is_full_soon


def test_space_that_others_take_counts_too(files: OrgFiles) -> None:
    note(files, sizes(7, 0, free=20 * GB))
    note(files, sizes(0, 0, free=13 * GB))
    assert forecast([files], 13 * GB).left == 13 * DAY


@pytest.mark.parametrize("grown", [0, -100])
def test_a_disk_that_nothing_fills_is_not_full_soon(files: OrgFiles, grown: int) -> None:
    note(files, sizes(7, 100))
    note(files, sizes(0, 100 + grown))
    assert (forecast([files], 5).left, forecast([files], 5).is_full_soon) == (None, False)


def test_before_two_audits_a_week_apart_nothing_is_forecast(files: OrgFiles) -> None:
    note(files, sizes(0, 100))
    assert forecast([files], 5) == Forecast(5, None)
    assert not forecast([files], 5).is_full_soon


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (29_300_000, "29.3 MB"),
        (999_600, "1.0 MB"),
        (4e15, "4,000 TB"),
    ],
)
def test_bytes_in_words(number: float, words: str) -> None:
    assert bytes_in_words(number) == words


def test_the_time_that_is_left_in_words() -> None:
    assert left_in_words(None) == "not full within ten years"
    assert left_in_words(13 * DAY) == "full in about 13 days"
    assert left_in_words(timedelta(hours=5)) == "full within two days"
    assert left_in_words(300 * DAY) == "full in about 10 months"


def test_status_names_sizes_growth_snapshots_and_a_disk_that_will_be_full(files: OrgFiles, monkeypatch) -> None:
    for folder in ("20261102T060000Z", "20261129T060000Z"):
        (files.evidence / folder).mkdir(parents=True)
    note(files, sizes(7, 0, free=20 * GB))
    note(files, sizes(0, 7 * MB, free=13 * GB))
    monkeypatch.setattr("spendready_pipeline.maintenance.disk.free_bytes", lambda _: 13 * GB)
    output = StringIO()
    assert print_status([files], [files], files.root.parent / ".dagster", NOW, output)
    lines = output.getvalue().splitlines()
    assert lines[0] == "acme"
    assert " ".join(lines[1].split()) == ("evidence 0 bytes 2 snapshots, 2026-11-02 to 2026-11-29; 365 MB more a year")
    assert any(line.split()[:3] == ["free", "13.0", "GB"] and "full in about 13 days" in line for line in lines)
    assert lines[-1] == f"warning: {warning(files.root.parent, Forecast(13 * GB, 1 * GB))}"
    assert "keep in spendready.yml" in lines[-1]


def test_status_counts_one_of_each_in_the_singular(files: OrgFiles) -> None:
    for folder in (files.evidence / "20261129T060000Z", files.weeks / "20261129T060000Z", files.reports):
        folder.mkdir(parents=True)
    (files.reports / "acme-2026-11-29.pdf").touch()
    output = StringIO()
    print_status([files], [files], files.root.parent / ".dagster", NOW, output)
    assert all(f"  {one}" in output.getvalue() for one in ("1 snapshot, 2026-11-29", "1 PDF;", "1 week\n"))


def test_status_answers_without_dagster_and_within_a_second(tmp_path: Path) -> None:
    (tmp_path / "spendready.yml").write_text(
        "orgs: [{name: acme, instance_url: 'https://acme.example', auth: {flow: sf_cli, alias: acme}}]"
    )
    code = (
        "import sys; sys.argv = ['spendready', 'status']\n"
        "from spendready_pipeline.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "slow = {'dagster', 'dbt', 'duckdb', 'pandas', 'great_expectations', 'reportlab'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)"
    )
    began = time.process_time(), os.times()
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    after = os.times()
    assert ended.returncode == 0, ended.stderr
    assert "no snapshot" in ended.stdout
    used = after.children_user + after.children_system - began[1].children_user - began[1].children_system
    assert used < 1, "seconds of CPU: a busy machine makes it no slower"
