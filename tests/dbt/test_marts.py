"""What the marts say of the run itself: which org was read, how completely, and what the checks of the data found."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.dbt.orgs import NOW, THRESHOLDS, Dbt, HandMadeOrg


@pytest.fixture(scope="module")
def org(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> HandMadeOrg:
    """An org that was read a second time, a week after the first."""
    org = HandMadeOrg(tmp_path_factory.mktemp("marts") / "warehouse.duckdb", NOW - timedelta(days=7))
    org.license("SFDC", "Salesforce", TotalLicenses=10, UsedLicenses=4)
    org.license("INBOX", "Inbox", TotalLicenses=-1, UsedLicenses=4)
    dbt.build(org)
    org.at(NOW)
    org.extraction("OauthToken", status="own_rows", rows=3, reason="Only its own rows", remediation="Grant it")
    org.insert("raw.check_result", object="User", check_name="identity", severity="critical", passed=True)
    org.insert(
        "raw.check_result", object="OauthToken", check_name="values", severity="warning", passed=False, detail="2 rows"
    )
    dbt.build(org)
    return org


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The one row that there is."""
    (row,) = rows
    return row


def test_the_run_names_the_org_and_the_snapshot_before(org: HandMadeOrg) -> None:
    run = only(org.rows("from marts.audit_run"))
    assert (run["org"], run["org_name"], run["edition"]) == ("acme", "Acme", "Enterprise Edition")
    assert (run["snapshot_at"], run["previous_at"]) == (NOW, NOW - timedelta(days=7))
    assert json.loads(run["thresholds"]) == THRESHOLDS


def test_each_object_says_how_completely_it_was_read(org: HandMadeOrg) -> None:
    tokens = only(org.rows("from marts.object_coverage where object = 'OauthToken'"))
    assert (tokens["status"], tokens["rows_read"]) == ("own_rows", 3)
    assert (tokens["reason"], tokens["remediation"]) == ("Only its own rows", "Grant it")
    assert only(org.rows("from marts.object_coverage where object = 'User'"))["status"] == "read"


def test_a_finding_type_says_what_its_coverage_was(org: HandMadeOrg) -> None:
    stale = only(org.rows("from marts.coverage where finding_type = 'stale_oauth_token'"))
    assert (stale["status"], stale["previous_status"]) == ("not_evaluated", "evaluated")


def test_checks_are_listed_passed_or_not(org: HandMadeOrg) -> None:
    assert org.rows("select object, check_name, severity, passed, detail from marts.data_quality order by passed") == [
        {"object": "OauthToken", "check_name": "values", "severity": "warning", "passed": False, "detail": "2 rows"},
        {"object": "User", "check_name": "identity", "severity": "critical", "passed": True, "detail": None},
    ]


def test_a_license_without_a_limit_has_no_number_of_seats(org: HandMadeOrg) -> None:
    seats = "select license_key, total_seats, unassigned_seats from marts.license_usage order by license_key"
    assert org.rows(seats) == [
        {"license_key": "INBOX", "total_seats": None, "unassigned_seats": None},
        {"license_key": "SFDC", "total_seats": 10, "unassigned_seats": 6},
    ]
