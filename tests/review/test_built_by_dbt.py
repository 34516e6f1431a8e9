"""What dbt builds is what the review, the document and the published files are made from: one org through all three."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from reports import build
from spendready_pipeline.cli.findings import read_findings
from spendready_pipeline.publish.week import publish
from spendready_pipeline.review import Review, read_review
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.dbt.orgs import Dbt, HandMadeOrg
from tests.review.warehouses import TABLES


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> OrgFiles:
    """An org with an idle user and a stale token, built by dbt."""
    files = OrgFiles(tmp_path_factory.mktemp("built") / "acme")
    files.root.mkdir()
    org = HandMadeOrg(files.warehouse)
    profile = org.license("SFDC", "Salesforce")
    org.user("idle", profile, LastLoginDate=org.ago(days=100))
    org.policy("prices", license_kind="user_license", license_key="SFDC", annual_price=2100, currency="USD")
    org.add("OauthToken", UserId=org.user("owner", profile), AppName="Data Loader", LastUsedDate=org.ago(days=91))
    Dbt(tmp_path_factory.mktemp("dbt")).build(org)
    return files


@pytest.fixture(scope="module")
def review(files: OrgFiles) -> Review:
    with open_warehouse(files.warehouse) as warehouse:
        return read_review(warehouse)


def test_the_hand_made_tables_have_the_columns_of_the_real_ones(files: OrgFiles) -> None:
    with open_warehouse(files.warehouse) as warehouse:
        for table, columns in TABLES.items():
            described = warehouse.execute(f"describe {table}").fetchall()
            real = {row[0]: row[1].replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for row in described}
            assert {name: real.get(name) for name in columns} == columns, table


def test_the_review_tells_the_findings(review: Review) -> None:
    totals = {each.finding_type: each.total for each in review.types}
    assert totals["inactive_user"] == 1
    assert totals["stale_oauth_token"] == 1
    assert review.snapshot.org_name
    assert review.controls


def test_the_document_and_the_published_files_can_be_made(files: OrgFiles, review: Review, tmp_path: Path) -> None:
    assert build(review).startswith(b"%PDF")
    assert publish(files)["findings"] == sum(review.statuses.values())
    assert len(read_findings([files], finding_type="stale_oauth_token").rows) == 1
    with duckdb.connect(str(files.findings_database), read_only=True) as database:
        (new,) = database.execute("select count(*) from findings where status = 'new'").fetchall()
    assert new == (review.new.total,)
    assert review.snapshot_at - review.new.findings[0].first_seen == timedelta(0)
