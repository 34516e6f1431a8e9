"""What a finding says: each type's own sentences, rendered by its model's SQL over one row."""

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from tests.dbt.orgs import Dbt, HandMadeOrg

SENTENCES = ("summary", "detail", "remediation", "own_steps")
DAY = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)


class Sentences:
    """The sentences of every type, as dbt compiled them."""

    def __init__(self, dbt: Dbt) -> None:
        self._dbt = dbt
        self._nodes = {node.name: node for node in dbt.manifest.nodes.values() if "finding" in node.config.meta}

    @property
    def types(self) -> list[str]:
        """The finding types."""
        return sorted(name.removeprefix("finding_") for name in self._nodes)

    def of(self, finding_type: str, **values: Any) -> dict[str, str | None]:
        """The sentences of a finding with these values; the others are null."""
        columns = self._nodes[f"finding_{finding_type}"].columns.values()
        shape = ", ".join(f"{each.name} {each.data_type}" for each in columns if each.name not in SENTENCES)
        choice = self._dbt.compiled(f"finding_{finding_type}").rpartition("\nselect\n")[2]
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'America/New_York'")
            connection.execute(f"create table found ({shape})")
            names, places = ", ".join(values), ", ".join("?" * len(values))
            insert = f"({names}) values ({places})" if values else "(finding_id) values ('1')"
            connection.execute(f"insert into found {insert}", list(values.values()))
            row = connection.execute(f"select {', '.join(SENTENCES)} from (select {choice})").fetchone()
        assert row is not None
        return dict(zip(SENTENCES, row, strict=True))


@pytest.fixture(scope="module")
def sentences(dbt: Dbt, quiet_org: HandMadeOrg) -> Sentences:
    return Sentences(dbt)


CASES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "inactive": (
        "inactive_user",
        {"username": "a@x", "never_logged_in": False, "days_inactive": 1000, "license_name": "Salesforce",
         "last_activity_at": DAY},
        "a@x was last active 1,000 days ago and holds the license Salesforce",
        "Last active 1,000 days ago, on 3 Nov 2026",
    ),
    "never logged in": (
        "inactive_user",
        {"username": "a@x", "never_logged_in": True, "license_name": "Salesforce"},
        "a@x has never logged in and holds the license Salesforce",
        "Never logged in",
    ),
    "dormant for a day": (
        "dormant_integration_user",
        {"username": "a@x", "never_used": False, "days_inactive": 1, "last_activity_at": DAY},
        "The integration user a@x has been inactive for 1 day",
        "Inactive for 1 day, since 3 Nov 2026",
    ),
    "never used": (
        "dormant_integration_user",
        {"username": "a@x", "never_used": True},
        "The integration user a@x has never been used",
        "Never used",
    ),
    "seats": (
        "license_seats_unassigned",
        {"license_name": "Salesforce", "license_kind": "user_license", "total_seats": 1238, "unassigned_seats": 1200},
        "Salesforce: 1,200 of 1,238 seats unassigned",
        "1,200 of 1,238 seats of this user license unassigned",
    ),
    "one seat": (
        "license_seats_unassigned",
        {"license_name": "In'box", "license_kind": "permission_set_license", "total_seats": 1, "unassigned_seats": 1},
        "In'box: 1 of 1 seat unassigned",
        "1 of 1 seat of this permission set license unassigned",
    ),
    "a license for two reasons": (
        "psl_unused",
        {"username": "a@x", "psl_name": "Maps", "reasons": ["not_needed", "user_inactive"]},
        "a@x does not need the permission set license Maps: no assigned permission needs it, user deactivated",
        "Does not need Maps: no assigned permission needs it, user deactivated",
    ),
    "six permissions": (
        "integration_user_excess_permissions",
        {"username": "a@x", "permissions": ["P1", "P2", "P3", "P4", "P5", "P6"]},
        "a@x holds 6 powerful permissions without a justification: P1, P2, P3, P4, P5 and 1 more",
        "6 powerful permissions: P1, P2, P3, P4, P5 and 1 more",
    ),
    "one permission": (
        "integration_user_excess_permissions",
        {"username": "a@x", "permissions": ["P1"]},
        "a@x holds 1 powerful permission without a justification: P1",
        "1 powerful permission: P1",
    ),
    "a login": (
        "integration_user_interactive_login",
        {"username": "a@x", "login_count": 1, "last_login_at": DAY},
        "a@x was used for 1 interactive login, last on 3 Nov 2026",
        "1 interactive login, last on 3 Nov 2026",
    ),
    "sessions of an admin": (
        "integration_user_ui_session",
        {"username": "a@x", "session_count": 2, "login_as": True},
        "a@x has 2 open browser sessions, with an admin logged in as this user",
        "2 open browser sessions, with an admin logged in as this user",
    ),
    "shared for all reasons": (
        "shared_integration_credentials",
        {"username": "x", "reasons": ["applications", "countries", "networks"], "applications": ["A"],
         "countries": ["DE", "FR"], "networks": ["198.51.100.0/24", "2001:db8::/48"]},
        "The credentials of x seem to be shared: logins came from 1 application, 2 countries, 2 networks in a browser",
        "Logins came from 1 application, 2 countries, 2 networks in a browser",
    ),
    "a token without a name, of a user that is not visible": (
        "never_used_oauth_token",
        {"app_name": "  ", "user_id": "005", "token_created_at": None},
        "Token of an app without a name for 005: no last use recorded",
        "No last use recorded",
    ),
    "a token of nobody": (
        "never_used_oauth_token",
        {"app_name": "App", "token_created_at": DAY},
        "Token of App for an unknown user, granted on 3 Nov 2026: no last use recorded",
        "Granted on 3 Nov 2026, no last use recorded",
    ),
    "a token for three reasons, whose last attempt failed": (
        "orphaned_oauth_token",
        {"app_name": "Old", "username": "a@x", "last_attempt_failed": True,
         "reasons": ["app_decommissioned", "user_frozen", "user_inactive"]},
        "Token of Old for a@x is still active: app retired, user frozen, user deactivated; its last attempt failed",
        "Still active: app retired, user frozen, user deactivated; its last attempt failed",
    ),
    "an app of nobody": (
        "unmanaged_app",
        {"app_name": "Feed", "token_count": 1, "user_count": 0, "reasons": ["not_installed"]},
        "Feed holds 1 token of unknown users: not installed",
        "1 token of unknown users: not installed",
    ),
    "Salesforce's own app": (
        "unmanaged_app",
        {"app_name": "CLI", "token_count": 2, "user_count": 1, "reasons": ["not_approved", "salesforce_client"]},
        "CLI holds 2 tokens of 1 user: not approved, Salesforce's own client",
        "2 tokens of 1 user: not approved, Salesforce's own client",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_finding_says_what_was_found(sentences: Sentences, case: str) -> None:
    finding_type, values, summary, detail = CASES[case]
    found = sentences.of(finding_type, **values)
    assert (found["summary"], found["detail"]) == (summary, detail)


OWN_STEPS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "OAuth": (
        "integration_user_password_login", {"login_types": ["OauthUsernamePassword", "Remote Access 2.0"]},
        "Then turn off Allow OAuth Username-Password Flows (Setup > OAuth and OpenID Connect Settings).",
    ),
    "SOAP": (
        "integration_user_password_login", {"login_types": ["Other Apex API"]},
        "Replace SOAP login(), which ends with Summer '27.",
    ),
    "neither": ("integration_user_password_login", {"login_types": ["Quantum"]}, None),
    "an app to install": (
        "unmanaged_app", {"reasons": ["not_approved", "not_installed"]},
        "If it is needed, install it there and admit only selected profiles or permission sets (Manage App Policies).",
    ),
    "an app to approve": (
        "unmanaged_app", {"reasons": ["salesforce_client"]},
        "If it is needed, approve it: add it to approved_apps in spendready.yml.",
    ),
    "no free seat": (
        "integration_user_on_interactive_license", {"free_integration_seats": 0},
        "Unassigned Salesforce Integration seats in this org: 0.",
    ),
    "a type whose steps are all shared": ("stale_oauth_token", {}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN_STEPS)
def test_steps_of_its_own_follow_from_the_finding(sentences: Sentences, case: str) -> None:
    finding_type, values, own_steps = OWN_STEPS[case]
    found = sentences.of(finding_type, **values)
    assert found["own_steps"] == own_steps
    assert own_steps is None or str(found["remediation"]).endswith(f". {own_steps}"), "they are part of the remediation"


def test_every_type_says_something_where_nothing_is_known(sentences: Sentences) -> None:
    for finding_type in sentences.types:
        found = sentences.of(finding_type)
        assert found["summary"], finding_type
        assert found["detail"], finding_type
        assert "Setup" in str(found["remediation"]), "a remediation names the place in Setup"


def test_no_sentence_has_a_placeholder_left(sentences: Sentences) -> None:
    for finding_type in sentences.types:
        assert not any("{" in str(text) or "|" in str(text) for text in sentences.of(finding_type).values())
