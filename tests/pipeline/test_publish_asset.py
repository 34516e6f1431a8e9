"""What is published and delivered of a week is of one run, also where Dagster runs the stages one by one."""

from datetime import timedelta
from io import BytesIO

import duckdb
from pypdf import PdfReader

from assets.publish import publish_week
from assets.report import write_report
from spendready_pipeline.delivery.week import published_week
from spendready_pipeline.review import read_review
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review.warehouses import SNAPSHOT_AT, build, finding

AFTERNOON = SNAPSHOT_AT + timedelta(hours=8)


def test_publishing_alone_takes_no_report_of_an_earlier_run_of_the_day(tmp_path) -> None:
    files = OrgFiles(tmp_path / "acme")
    with open_warehouse(build(files.warehouse, [finding("inactive_user", 1)])) as warehouse:
        write_report(files, read_review(warehouse))
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
