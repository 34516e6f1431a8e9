"""Tokens, activity and prices as real orgs have them: failed attempts, no user, licenses of packages and logins."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.dbt.orgs import Dbt, HandMadeOrg, salesforce_id

NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)
TOKENS = ("stale_oauth_token", "never_used_oauth_token", "orphaned_oauth_token")
SHOPPERS = [f"shopper{number:02}" for number in range(30)]
LOGINS = count(1)


@pytest.fixture(scope="module")
def org(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> HandMadeOrg:
    org = HandMadeOrg(tmp_path_factory.mktemp("money") / "warehouse.duckdb", NOW)
    crm = org.license("SFDC", "Salesforce", TotalLicenses=20, UsedLicenses=20)
    org.policy("decommissioned_apps", app="Old App")
    org.policy("name_words", word="svc")
    org.add("ConnectedApplication", Id=salesforce_id("0H4", "installed"), Name="Installed")
    _tokens_without_a_user(org)
    _packages(org)
    _paid_by_logins(org)
    _locked_out(org, crm)
    _used_by_somebody(org, crm)
    _assigned(org, crm)
    dbt.build(org)
    return org


def _tokens_without_a_user(org: HandMadeOrg) -> None:
    created, used = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)
    org.add("OauthToken", AppName="App", CreatedDate=created, LastUsedDate=used, UseCount=3)
    org.add("OauthToken", AppName="Unused App", CreatedDate=created, UseCount=0)
    org.add("OauthToken", AppName="Stale App", CreatedDate=created, LastUsedDate=org.ago(100), UseCount=1)
    org.add("OauthToken", AppName="Old App", CreatedDate=created, LastUsedDate=used, UseCount=2)


def _packages(org: HandMadeOrg) -> None:
    org.add(
        "PermissionSetLicense", Id=salesforce_id("0PL", "cpq"), MasterLabel="Salesforce CPQ License", Status="Active",
        DeveloperName="SalesforceCPQ_CPQStandardPerm", PermissionSetLicenseKey="SalesforceCPQ.CPQStandardPerm",
        TotalLicenses=7, UsedLicenses=0,
    )  # fmt: skip
    prices = {
        "permission_set_license": {"SalesforceCPQ_CPQStandardPerm": 900, "SalesforceCPQ-CPQStandardPerm": 1},
        "user_license": {"SFDC": 2100, "PID_Customer_Community_Login": 24},
    }
    for kind, by_key in prices.items():
        for key, price in by_key.items():
            org.policy("prices", license_kind=kind, license_key=key, annual_price=price, currency="USD")


def _paid_by_logins(org: HandMadeOrg) -> None:
    profile = org.license(
        "PID_Customer_Community_Login", "Customer Community Login", TotalLicenses=4030, UsedLicenses=30,
        MonthlyLoginsEntitlement=200, MonthlyLoginsUsed=12,
    )  # fmt: skip
    for name in SHOPPERS:
        org.user(name, profile, UserType="CspLitePortal", LastLoginDate=org.ago(90))


def _attempt(org: HandMadeOrg, user: str, at: datetime, application: str, status: str) -> None:
    org.add(
        "LoginHistory", Id=salesforce_id("0Ya", f"n{next(LOGINS):04}"), UserId=user, LoginTime=at,
        LoginType="Remote Access 2.0", Application=application, Browser="Unknown", Status=status,
    )  # fmt: skip


def _locked_out(org: HandMadeOrg, crm: str) -> None:
    user = org.user("svc.locked", crm, LastLoginDate=org.ago(300))
    used = datetime(2026, 11, 15, 6, tzinfo=UTC)
    org.add("OauthToken", UserId=user, AppName="Mail Sync", LastUsedDate=used, UseCount=27)
    for number in range(27):
        _attempt(org, user, used - timedelta(days=3 * number), "Mail Sync", "Restricted IP")
    org.policy("integration_usernames", username="svc.locked@acme.example")
    named = org.user("svc.refused", crm, LastLoginDate=org.ago(300))
    org.add("OauthToken", UserId=named, AppName="Mail Sync", LastUsedDate=used, UseCount=27)
    _attempt(org, named, used, "mail-sync", "Restricted IP")
    stale = org.user("stale.and.refused", crm)
    org.add("OauthToken", UserId=stale, AppName="Mail Sync", LastUsedDate=org.ago(95), CreatedDate=org.ago(100))
    _attempt(org, stale, org.ago(95), "Mail Sync", "Restricted IP")


def _used_by_somebody(org: HandMadeOrg, crm: str) -> None:
    used = datetime(2026, 11, 15, 6, tzinfo=UTC)
    attempts = {
        "got.in": [("Mail Sync", "Restricted IP"), ("MAIL SYNC", "Success")],
        "other.app": [("Calendar", "Restricted IP")],
        "no.attempt": [],
    }
    for name, tried in attempts.items():
        user = org.user(name, crm, LastLoginDate=org.ago(300))
        org.add("OauthToken", UserId=user, AppName="Mail Sync", LastUsedDate=used, UseCount=3)
        for application, status in tried:
            _attempt(org, user, used, application, status)
    earlier = org.user("day.not.known", crm, LastLoginDate=org.ago(400))
    org.add("OauthToken", UserId=earlier, AppName="Mail Sync", LastUsedDate=org.ago(230), CreatedDate=org.ago(900))
    _attempt(org, earlier, org.ago(230), "Mail Sync", "Restricted IP")
    later = org.user("after.snapshot", crm, LastLoginDate=org.ago(300))
    org.add("OauthToken", UserId=later, AppName="Mail Sync", LastUsedDate=org.ago(seconds=-300))


def _assigned(org: HandMadeOrg, crm: str) -> None:
    org.add(
        "PermissionSetLicense", Id=salesforce_id("0PL", "api"), MasterLabel="API",
        DeveloperName="SalesforceAPIIntegrationPsl", PermissionSetLicenseKey="SalesforceAPI.IntegrationPsl",
    )  # fmt: skip
    for name, revoked in {"psl.unknown": None, "psl.held": False, "psl.revoked": True}.items():
        user = org.user(name, crm)
        org.add(
            "PermissionSetLicenseAssign", Id=name, AssigneeId=user, IsRevoked=revoked,
            PermissionSetLicenseId=salesforce_id("0PL", "api"),
        )  # fmt: skip


def findings(org: HandMadeOrg, *types: str) -> list[dict[str, Any]]:
    return [row for row in org.rows("select * from marts.findings") if row["finding_type"] in types]


def test_a_token_without_a_user_is_kept_and_its_user_is_unknown(org: HandMadeOrg) -> None:
    found = {row["subject_name"]: row for row in findings(org, *TOKENS) if row["user_id"] is None}
    assert {name: row["finding_type"] for name, row in found.items()} == {
        "Unused App": "never_used_oauth_token",
        "Stale App": "stale_oauth_token",
        "Old App": "orphaned_oauth_token",
    }
    assert all(row["username"] is None and "an unknown user" in row["summary"] for row in found.values())
    apps = {row["subject_name"]: row["evidence"] for row in findings(org, "unmanaged_app")}
    assert [apps["App"][name] for name in ("token_count", "user_count")] == [1, 0]
    assert apps["Mail Sync"]["user_count"] == 8


def test_a_price_is_found_by_the_developer_name_of_a_license(org: HandMadeOrg) -> None:
    (found,) = [
        row for row in findings(org, "license_seats_unassigned") if row["subject_name"].startswith("Salesforce C")
    ]
    assert found["evidence"]["license_key"] == "SalesforceCPQ.CPQStandardPerm"
    assert (found["evidence"]["unassigned_seats"], found["annual_cost"]) == (7, Decimal(6300))


def test_a_price_that_fits_no_license_is_a_policy_warning(org: HandMadeOrg) -> None:
    warnings = org.rows("select subject from marts.policy_warnings where kind = 'unmatched_price'")
    assert [row["subject"] for row in warnings] == ["SalesforceCPQ-CPQStandardPerm"]


def test_a_license_that_is_paid_by_logins_has_neither_seats_nor_a_price(org: HandMadeOrg) -> None:
    seats = findings(org, "license_seats_unassigned")
    assert [row["subject_name"] for row in seats] == ["Salesforce CPQ License"]
    shoppers = {f"{name}@acme.example" for name in SHOPPERS}
    idle = [row for row in findings(org, "inactive_user") if row["username"] in shoppers]
    assert len(idle) == 30
    assert {row["annual_cost"] for row in idle} == {None}
    (usage,) = org.rows("select * from marts.license_usage where license_key = 'PID_Customer_Community_Login'")
    assert (usage["unassigned_seats"], usage["unit_price"], usage["unassigned_annual_cost"]) == (None, None, None)
    assert (usage["monthly_logins_entitlement"], usage["monthly_logins_used"]) == (200, 12)


def test_a_token_of_which_every_login_failed_is_no_activity(org: HandMadeOrg) -> None:
    (dormant,) = findings(org, "dormant_integration_user")
    assert dormant["username"] == "svc.locked@acme.example"
    assert dormant["evidence"]["last_activity_at"] == "2026-02-02 06:00:00+00"
    idle = {row["username"].split("@")[0]: row["evidence"]["days_inactive"] for row in findings(org, "inactive_user")}
    assert {name: days for name, days in idle.items() if name not in SHOPPERS} == {
        "svc.refused": 300,
        "day.not.known": 230,
    }


def test_uses_that_failed_are_no_machine_activity(org: HandMadeOrg) -> None:
    (refused,) = org.rows("select * from marts.integration_users where username like 'svc.refused%'")
    assert (refused["confidence"], refused["reasons"]) == ("possible", ["name_only"])
    assert refused["last_activity_at"] == NOW - timedelta(days=300)


def test_a_stale_token_says_whether_its_last_attempt_failed(org: HandMadeOrg) -> None:
    stale = {
        row["username"].split("@")[0]: row["evidence"]["last_attempt_failed"]
        for row in findings(org, "stale_oauth_token")
        if row["username"]
    }
    assert stale == {"stale.and.refused": True, "day.not.known": False}


def test_an_assignment_without_is_revoked_is_not_revoked(org: HandMadeOrg) -> None:
    held = org.rows("select username from marts.integration_users where list_contains(reasons, 'integration_psl')")
    assert {row["username"].split("@")[0] for row in held} == {"psl.unknown", "psl.held"}
