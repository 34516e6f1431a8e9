"""From an org that answers over HTTPS to the published tables: they hold what was planted, and nothing else."""

import os
from pathlib import Path

import pytest

from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from tests.conftest import NOW, ServeDemoOrg
from tests.dbt.needs import ALL, SIGNALLED
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import Company

FULL = "SPENDREADY_FULL"
MATRIX = [(users, seed) for users in (60, 200, 2000) for seed in (1, 2, 3, 4, 5)]


def assert_evaluated(company: Company) -> None:
    """All was read, whole, so every type is evaluated."""
    coverage = {each["finding_type"]: each["status"] for each in company.published("from coverage")}
    assert coverage == dict.fromkeys(ALL, "evaluated")


def test_the_weekly_run_publishes_what_was_planted(audited: Company) -> None:
    rows = audited.assert_finds_what_was_planted()
    assert all(rows.values())


def test_a_reader_who_sees_all_has_every_type_evaluated(audited: Company) -> None:
    assert_evaluated(audited)
    reasons = {each["finding_type"]: each["reason"] for each in audited.published("from coverage")}
    named = {finding_type for finding_type, reason in reasons.items() if reason}
    assert named == SIGNALLED, "what judges by logins names the label nobody knows"
    assert all("Quantum Login" in reasons[each] for each in named)


def test_the_weekly_run_leaves_a_report_and_evidence(audited: Company) -> None:
    (report,) = (audited.files.root / "reports").iterdir()
    assert report.name == f"demo-{NOW.date()}.pdf"
    assert report.read_bytes().startswith(b"%PDF")
    (snapshot,) = audited.files.evidence.iterdir()
    assert {path.name.split("-")[0].split(".")[0] for path in snapshot.iterdir()} >= {each.name for each in OBJECTS}


def test_another_company_is_found_out_as_well(serve_demo_org: ServeDemoOrg, tmp_path: Path, dbt: Dbt) -> None:
    company = Company(tmp_path, serve_demo_org(200, seed=23))
    company.audit(dbt)
    company.assert_finds_what_was_planted()
    assert_evaluated(company)


@pytest.mark.slow
@pytest.mark.skipif(FULL not in os.environ, reason=f"fifteen orgs take minutes: set {FULL}=1 to audit them all")
@pytest.mark.parametrize(("users", "seed"), MATRIX)
def test_orgs_of_all_sizes(users: int, seed: int, serve_demo_org: ServeDemoOrg, tmp_path: Path, dbt: Dbt) -> None:
    company = Company(tmp_path, serve_demo_org(users, seed=seed))
    company.audit(dbt)
    assert_evaluated(company)
    rows = company.assert_finds_what_was_planted()
    assert all(rows.values())
    print(f"{users} users, seed {seed}: {rows}")
