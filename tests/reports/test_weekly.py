"""What is published and delivered of a week is of one run, and its PDF is built once."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from reports.weekly import publish_week, write_report
from spendready_pipeline.delivery.week import published_week
from spendready_pipeline.storage.files import OrgFiles
from tests.review.warehouses import SNAPSHOT_AT, build, finding

AFTERNOON = SNAPSHOT_AT + timedelta(hours=8)


@pytest.fixture
def files(tmp_path: Path) -> OrgFiles:
    """An org whose warehouse holds one finding."""
    files = OrgFiles(tmp_path / "acme")
    build(files.warehouse, [finding("inactive_user", 1)])
    return files


def test_publishing_takes_the_report_that_was_written_for_the_same_facts(files: OrgFiles) -> None:
    written = write_report(files)
    before = written.path.stat()

    publish_week(files)

    _, report, _ = published_week(files)
    assert report.read_bytes() == written.document
    assert (written.path.stat().st_ino, written.path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_publishing_alone_takes_no_report_of_an_earlier_run_of_the_day(files: OrgFiles) -> None:
    write_report(files)
    files.warehouse.unlink()
    findings = [finding("inactive_user", n, snapshot_at=AFTERNOON) for n in range(2)]
    build(files.warehouse, findings, snapshot={"snapshot_at": AFTERNOON})

    publish_week(files)

    week, report, put = published_week(files)
    assert week.snapshot_at == AFTERNOON
    assert duckdb.read_parquet(str(put["tables/findings.parquet"])).count("*").fetchall() == [(2,)]
    for document in (report.read_bytes(), files.report(AFTERNOON.date()).read_bytes()):
        reader = PdfReader(BytesIO(document))
        assert "seen on 2026-11-23T14:00:12Z" in reader.metadata.subject
        assert "2 findings need action" in reader.pages[0].extract_text()


def test_publishing_takes_no_report_of_the_same_snapshot_whose_findings_were_built_again(files: OrgFiles) -> None:
    earlier = write_report(files)
    with duckdb.connect(str(files.warehouse)) as warehouse:
        warehouse.execute("update marts.findings set subject_name = 'Renamed Since'")

    publish_week(files)

    _, report, _ = published_week(files)
    assert report.read_bytes() == write_report(files).document != earlier.document


def test_publishing_takes_no_report_that_was_changed_since(files: OrgFiles) -> None:
    written = write_report(files)
    written.path.write_bytes(b"%PDF-1.7 of somebody else")

    publish_week(files)

    _, report, _ = published_week(files)
    assert report.read_bytes() == written.path.read_bytes() == written.document
