"""The sample report that the README shows: three weekly audits of the demo org, and page one of the last as a picture.

`make sample` writes both anew.
"""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from demo_org.content import FIRST_WEEK
from demo_org.serve import DemoOrg
from reports import build
from reports.preview import page_one
from spendready_pipeline.review import Review
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import REPOSITORY, Company

SAMPLE = REPOSITORY / "docs" / "sample-report.pdf"
PICTURE = REPOSITORY / "docs" / "sample-report-page-1.png"
PICTURE_WIDTH = 1200
"""Pixels."""
THIRD_MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def audit_three_weeks(company: Company, dbt: Dbt) -> Review:
    """Audits a company's demo org as it was two weeks ago, a week ago and now; gives the review of the last."""
    for weeks_back in range(FIRST_WEEK, -1, -1):
        company.org.rewind(weeks_back)
        review = company.audit(dbt)
    return review


def main() -> None:
    """Writes the sample and its picture."""
    with TemporaryDirectory() as folder, DemoOrg(200, now=THIRD_MONDAY) as org:
        parsed = Path(folder, "dbt")
        parsed.mkdir()
        document = build(audit_three_weeks(Company(Path(folder, "company"), org), Dbt(parsed)))
    SAMPLE.write_bytes(document)
    PICTURE.write_bytes(page_one(document, PICTURE_WIDTH))


if __name__ == "__main__":
    main()
