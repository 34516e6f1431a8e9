"""What `spendready check` prints: what is missing, what it costs, and which permission opens the most."""

from datetime import UTC, datetime
from io import StringIO

import pytest

from spendready_pipeline.catalog.finding_types import FindingType, Requirement
from spendready_pipeline.cli.check import print_check
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.access_check import ObjectCheck, OrgCheck
from spendready_pipeline.salesforce.client.connection import Reader


def finding_type(name: str, *requires: Requirement, signals: tuple[Requirement, ...] = ()) -> FindingType:
    return FindingType(
        name=name, title="", description="", severity="low", controls=(), who_acts="it", requires=requires,
        signals=signals, thresholds=(), risk="", summary="", detail="", evidence=(), steps=("",), theme="", columns=(),
    )  # fmt: skip


def needs(sobject: str, *fields: str, **how: str) -> Requirement:
    return Requirement.model_validate({"object": sobject, "fields": fields, "missing": "partial", "gap": ""} | how)


TYPES = [
    finding_type("unused", needs("PermissionSetLicenseAssign"), signals=(needs("User"),)),
    finding_type("stale", needs("OauthToken", "LastUsedDate"), needs("ConnectedApplication")),
    finding_type("idle", needs("User", "LastLoginDate", short="evaluated"), signals=(needs("User", "Name"),)),
    finding_type("new", needs("OauthToken", "CreatedDate")),
]


@pytest.fixture
def printed():
    def of(*objects: ObjectCheck) -> str:
        reader = Reader("005000000000001AAA", "audit@acme.example", {})
        found = OrgCheck(
            "acme", "https://acme.example", "66.0", reader, datetime(2026, 11, 2, tzinfo=UTC), objects, 90, 100
        )
        out = StringIO()
        print_check(found, TYPES, out)
        return out.getvalue()

    return of


def test_10_fields_that_no_finding_type_uses_cost_nothing_and_are_not_named(printed) -> None:
    text = printed(
        ObjectCheck("PermissionSetLicenseAssign", "read", 5, ("IsRevoked",)),
        ObjectCheck("ConnectedApplication", "read", 5, ("OptionsAllowAdminApprovedUsersOnly",)),
    )
    assert "IsRevoked" not in text
    assert "OptionsAllowAdminApprovedUsersOnly" not in text
    assert not any(each.name in text.split() for each in TYPES)
    assert "Everything can be read" in text


def test_a_field_costs_the_finding_types_that_use_it(printed) -> None:
    text = printed(ObjectCheck("OauthToken", "read", 5, ("CreatedDate", "UseCount")))
    assert "OauthToken  not all fields     5\n" in text
    assert "1 of 1 objects cannot be read in full\n" in text
    assert "Reasons:\n  OauthToken: read without CreatedDate\n" in text
    assert "Checks that see less:\n  OauthToken: new\n" in text


def test_what_failed_without_a_missing_permission_says_why(printed) -> None:
    timeout = "Salesforce answered QUERY_TIMEOUT (HTTP 500)"
    text = printed(
        ObjectCheck("OauthToken", "failed", None, (), timeout),
        ObjectCheck("User", "failed", None, ("LastLoginDate",), timeout),
        ObjectCheck("LoginHistory", "failed", None, (), timeout),
    )
    assert f"Reasons:\n  OauthToken, LoginHistory: {timeout}\n  User: {timeout}; read without LastLoginDate\n" in text


def test_each_object_keeps_its_line_and_each_line_fits_80_columns(printed) -> None:
    longest = "PermissionSetGroupComponent"
    stopped = OrgError("acme: no audit is possible", "Grant the login: View Setup and Configuration")
    text = printed(
        *(ObjectCheck("User", "own_rows", 12_345, (), "", "View Setup and Configuration") for _ in range(12)),
        ObjectCheck("Organization", "hidden", None, (), "", "View Setup and Configuration", stopped),
        ObjectCheck(longest, "failed", None, (), "Salesforce answered " + "and answered " * 12),
    )
    assert max(map(len, text.splitlines())) <= 80
    assert f"\n{longest}  failed              -\n" in text


def test_one_line_names_the_permissions_and_how_many_checks_each_opens_the_most_first(printed) -> None:
    text = printed(
        ObjectCheck("PermissionSetLicenseAssign", "hidden", None, (), "", "View Setup and Configuration"),
        ObjectCheck("ConnectedApplication", "hidden", None, (), "", "Customize Application"),
        ObjectCheck("OauthToken", "own_rows", 1, (), "", "Customize Application"),
        ObjectCheck("UserLogin", "hidden", None, (), "", "Manage Users"),
    )
    assert "Grant Customize Application: 2 more checks; View Setup and Configuration: 1 more check\n" in text


def test_users_that_are_not_shown_cost_every_type_that_judges_users(printed) -> None:
    text = printed(ObjectCheck("User", "short", 2, (), "", "View All Users"))
    assert "User    not all rows     2  View All Users\n" in text
    assert "Checks that see less:\n  User: unused, idle\n" in text
    assert "Grant View All Users: 2 more checks\n" in text


def test_what_failed_without_a_missing_permission_asks_for_none(printed) -> None:
    assert "Grant" not in printed(ObjectCheck("OauthToken", "failed", None, (), "Salesforce answered QUERY_TIMEOUT"))


def test_an_object_without_which_there_is_no_audit_costs_every_check(printed) -> None:
    stopped = OrgError("acme: no audit is possible", "Grant the login: View Setup and Configuration")
    text = printed(ObjectCheck("Organization", "hidden", None, (), "", "View Setup and Configuration", stopped))
    assert "Checks that see less:\n  Organization: all 4\n" in text
    assert "Grant View Setup and Configuration: 4 more checks\n" in text
