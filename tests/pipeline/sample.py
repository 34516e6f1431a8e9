"""The sample report that the README shows: three weekly audits of the demo org, and page one of the last as a picture.

`make sample` writes both anew.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from reports import build
from reports.preview import page_one
from spendready_pipeline.demo_org.content import build_org
from spendready_pipeline.demo_org.serve import DemoOrg
from spendready_pipeline.review import Review
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import REPOSITORY, Company

SAMPLE = REPOSITORY / "docs" / "sample-report.pdf"
PICTURE = REPOSITORY / "docs" / "sample-report-page-1.png"
PICTURE_WIDTH = 1200
"""Pixels."""
FIRST_MONDAY = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)
WEEKS = 3


def audit_three_weeks(folder: Path, dbt: Dbt) -> Review:
    """Audits the demo org on three Mondays; gives the review of the third."""
    build_org(folder / "content.duckdb", 200, 1, FIRST_MONDAY)
    with DemoOrg(folder / "content.duckdb", now=FIRST_MONDAY) as org:
        company = Company(folder / "company", org)
        review = company.audit(dbt)
        for _ in range(1, WEEKS):
            org.clock.move(timedelta(days=7))
            review = company.audit(dbt)
    return review


def main() -> None:
    """Writes the sample and its picture."""
    with TemporaryDirectory() as folder:
        parsed = Path(folder, "dbt")
        parsed.mkdir()
        document = build(audit_three_weeks(Path(folder), Dbt(parsed)))
    SAMPLE.write_bytes(document)
    PICTURE.write_bytes(page_one(document, PICTURE_WIDTH))


if __name__ == "__main__":
    main()
