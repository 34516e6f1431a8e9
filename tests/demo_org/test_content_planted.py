"""What the demo org says was planted: complete for every finding type, and in keeping with the org's own records."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from demo_org.content import READER_USERNAME, build_org, demo_policy
from tests.finding_types import TYPES

NOW = datetime(2026, 11, 2, 6, 0, 0, tzinfo=UTC)

OF_INTEGRATION_USERS = [name for name in TYPES if "integration_user" in name] + ["shared_integration_credentials"]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An org of 400 users, so that the crowd counts, too."""
    path = tmp_path_factory.mktemp("content") / "content.duckdb"
    build_org(path, users=400, seed=7, now=NOW)
    return path


@pytest.fixture
def org(content: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to it."""
    with duckdb.connect(str(content), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def subjects(org: duckdb.DuckDBPyConnection, table: str, finding_type: str) -> set[str]:
    """The subjects of a type in `planted.finding` or `planted.look_alike`."""
    query = f"select subject_id from planted.{table} where finding_type = ?"
    return {subject for (subject,) in org.execute(query, [finding_type]).fetchall()}


def value(org: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> Any:
    """The one value that a query gives."""
    return org.execute(query, parameters).fetchall()[0][0]


@pytest.mark.parametrize("finding_type", TYPES)
def test_each_type_has_findings_and_look_alikes_and_none_is_both(
    org: duckdb.DuckDBPyConnection, finding_type: str
) -> None:
    findings, look_alikes = (subjects(org, table, finding_type) for table in ("finding", "look_alike"))
    assert findings
    assert look_alikes
    assert not findings & look_alikes


@pytest.mark.parametrize("users", [50, 199])
def test_a_small_org_has_findings_of_every_type(tmp_path: Path, users: int) -> None:
    build_org(tmp_path / "small.duckdb", users=users, seed=1, now=NOW)
    with duckdb.connect(str(tmp_path / "small.duckdb"), read_only=True) as small:
        planted = small.execute("select distinct finding_type from planted.finding").fetchall()
    assert {name for (name,) in planted} == set(TYPES)


@pytest.mark.parametrize("finding_type", TYPES)
def test_every_own_column_has_an_expected_value(org: duckdb.DuckDBPyConnection, finding_type: str) -> None:
    planted = org.execute("select own from planted.finding where finding_type = ?", [finding_type]).fetchall()
    for (own,) in planted:
        assert set(json.loads(own)) == set(TYPES[finding_type].columns)


def test_findings_uses_integration_signals_are_of_active_ones(org: duckdb.DuckDBPyConnection) -> None:
    machines = """select user_id from planted.integration_user join org."User" on "Id" = user_id
        where is_integration_user and "IsActive" """
    wrong = org.execute(
        f"""
        select finding_type, username from planted.finding where user_id not in ({machines})
            and finding_type in ({", ".join(f"'{name}'" for name in OF_INTEGRATION_USERS)})
        union all
        select finding_type, username from planted.finding
        where user_id in ({machines}) and finding_type = 'inactive_user'
        """
    ).fetchall()
    assert wrong == []


def test_system_users_are_no_findings_but_are_listed(org: duckdb.DuckDBPyConnection) -> None:
    system = """select user_id from planted.integration_user where reasons = ['system_user']"""
    assert value(org, f"select count(*) from ({system})") >= 7
    assert value(org, f"select count(*) from planted.finding where user_id in ({system})") == 0
    kinds = org.execute(f'select distinct "UserType" from org."User" where "Id" in ({system})').fetchall()
    assert {kind for (kind,) in kinds} == {"AutomatedProcess", "CloudIntegrationUser", "Guest", "Standard"}
    assert value(org, f'select count(*) from org."User" where "ProfileId" is null and "Id" not in ({system})') == 0


def test_a_machine_on_a_persons_licence_is_always_written_down_as_that(org: duckdb.DuckDBPyConnection) -> None:
    on_a_full_licence = org.execute(
        """
        select user_id, "LicenseDefinitionKey" from planted.integration_user
        join org."User" as member on member."Id" = user_id
        join org."Profile" as profile on profile."Id" = member."ProfileId"
        join org."UserLicense" as license on license."Id" = profile."UserLicenseId"
        where is_integration_user and "IsActive" and "LicenseDefinitionKey" in ('SFDC', 'AUL')
        """
    ).fetchall()
    assert {key for _, key in on_a_full_licence} == {"SFDC", "AUL"}
    assert {user for user, _ in on_a_full_licence} == subjects(
        org, "finding", "integration_user_on_interactive_license"
    )


def test_every_reason_and_confidence_occurs(org: duckdb.DuckDBPyConnection) -> None:
    reasons = org.execute("select distinct unnest(reasons) from planted.integration_user").fetchall()
    assert {reason for (reason,) in reasons} == {
        "system_user", "policy_exclude", "policy_username", "policy_pattern", "integration_license",
        "api_only_permission", "integration_psl", "integration_profile", "name_and_behavior", "name_only",
        "behavior_only",
    }  # fmt: skip
    alone = org.execute("select distinct reasons[1] from planted.integration_user where len(reasons) = 1").fetchall()
    assert {reason for (reason,) in alone} >= {
        "integration_license", "api_only_permission", "integration_psl", "integration_profile", "name_and_behavior",
        "name_only", "behavior_only",
    }  # fmt: skip
    states = org.execute("select distinct confidence, is_integration_user from planted.integration_user").fetchall()
    assert set(states) == {
        ("declared", True), ("certain", True), ("likely", True), ("possible", False), (None, False),
    }  # fmt: skip


def test_names_that_only_look_like_a_machines_are_nobody(org: duckdb.DuckDBPyConnection) -> None:
    for name in ("Apia Abbott", "Thandi Botha", "Jan Etlinger"):
        user_id = value(org, 'select "Id" from org."User" where "Name" = ?', name)
        assert value(org, "select count(*) from planted.integration_user where user_id = ?", user_id) == 0
        assert value(org, "select count(*) from planted.look_alike where subject_id = ?", user_id) == 1


def test_every_subject_is_a_record_of_the_org(org: duckdb.DuckDBPyConnection) -> None:
    keys: set[str] = set()
    equals: dict[tuple[Any, ...], int] = {}
    tokens = org.execute(
        """
        select "Id", count(*) over (partition by "Id") = 1, "UserId", "AppName", "CreatedDate" from org."OauthToken"
        """
    ).fetchall()
    for token_id, unique, user_id, app, created in tokens:
        place = equals[user_id, app, created] = equals.get((user_id, app, created), 0) + 1
        text = f"{user_id or ''}|{app}|{created.strftime('%Y-%m-%dT%H:%M:%SZ') if created else ''}|{place}"
        keys.add(token_id if token_id and unique else hashlib.sha256(text.encode()).hexdigest())
    known = {
        record
        for table in ("User", "PermissionSetAssignment", "PermissionSetLicenseAssign", "UserLicense",
                      "PermissionSetLicense", "ConnectedApplication", "ExternalClientApplication")
        for (record,) in org.execute(f'select "Id" from org."{table}"').fetchall()
    }  # fmt: skip
    apps = org.execute(
        'select "ApplicationId" from org."AppMenuItem" union select "AppName" from org."OauthToken"'
    ).fetchall()
    known |= keys | {app for (app,) in apps}
    for table in ("finding", "look_alike"):
        planted = org.execute(f"select finding_type, subject_id from planted.{table}").fetchall()
        assert [each for each in planted if each[1] not in known] == []


def test_severity_rises_for_whoever_controls_the_org(org: duckdb.DuckDBPyConnection) -> None:
    raised = org.execute(
        """
        select finding_type, raised from planted.finding where username in
            ('svc.deploy@meridian.example', 'viktor.sand@meridian.example', 'adaeze.obi@meridian.example')
        """
    ).fetchall()
    assert {finding_type for finding_type, _ in raised} >= {"integration_user_excess_permissions", "inactive_user"}
    assert all(is_raised for _, is_raised in raised)
    deactivated = "select distinct raised from planted.finding where username = 'ivar.dahl@meridian.example'"
    assert org.execute(deactivated).fetchall() == [(False,)]


@pytest.mark.parametrize(
    ("table", "user", "moment", "days", "on_it", "short_of_it"),
    [
        ("OauthToken", "UserId", "LastUsedDate", 90, "lukasz.wozniak", "lukasz.wozniak"),
        ("OauthToken", "UserId", "CreatedDate", 7, "lukasz.wozniak", "lukasz.wozniak"),
        ("User", "Id", "LastLoginDate", 90, "marta.ruiz", "peter.maas"),
        ("User", "Id", "LastLoginDate", 90, "svc.sunset", "svc.dusk"),
        ("User", "Id", "CreatedDate", 30, "sven.lund", "yuki.mori"),
        ("User", "Id", "CreatedDate", 90, "svc.planned", "svc.coming"),
        ("LoginHistory", "UserId", "LoginTime", 30, "svc.freight", "svc.customs"),
        ("PermissionSetAssignment", "AssigneeId", "SystemModstamp", 30, "svc.calendar", "svc.calendar"),
        ("PermissionSetAssignment", "AssigneeId", "ExpirationDate", 0, "svc.archive", "svc.harvest"),
    ],
)
def test_each_limit_has_one_on_it_and_one_a_second_short_of_it(
    org: duckdb.DuckDBPyConnection, table: str, user: str, moment: str, days: int, on_it: str, short_of_it: str
) -> None:
    limit = NOW - timedelta(days=days)
    for name, at in ((on_it, limit), (short_of_it, limit + timedelta(seconds=1))):
        user_id = value(org, 'select "Id" from org."User" where "Username" = ?', f"{name}@meridian.example")
        assert value(org, f'select count(*) from org."{table}" where "{user}" = ? and "{moment}" = ?', user_id, at) >= 1


def test_sessions_end_at_the_moment_a_second_before_and_a_second_after(org: duckdb.DuckDBPyConnection) -> None:
    for seconds in (-1, 0, 1):
        ends = """select count(*) from org."AuthSession" where "SessionType" in ('UI', 'Aura', 'Visualforce')
            and "LastModifiedDate" + to_seconds("NumSecondsValid") = ?"""
        assert value(org, ends, NOW + timedelta(seconds=seconds)) >= 1


def test_who_did_nothing_for_ninety_days_is_written_down_and_nobody_else(org: duckdb.DuckDBPyConnection) -> None:
    activity = org.execute(
        """
        select member."Id", member."CreatedDate", greatest(
            member."LastLoginDate",
            (select max("LoginTime") from org."LoginHistory" where "UserId" = member."Id" and "Status" = 'Success'),
            (
                select max("LastUsedDate") from org."OauthToken" as token
                where "UserId" = member."Id" and not exists (
                    from org."LoginHistory" as failed
                    where failed."UserId" = member."Id" and failed."LoginTime" = token."LastUsedDate"
                        and lower(failed."Application") = lower(token."AppName") and failed."Status" = 'Restricted IP'
                )
            )
        )
        from org."User" as member
        join org."Profile" as profile on profile."Id" = member."ProfileId"
        join org."UserLicense" as license on license."Id" = profile."UserLicenseId"
        where member."IsActive"
            and license."Name" not in ('Chatter Free', 'Chatter External', 'Salesforce Limited Access - Free')
            and member."Id" not in (select user_id from planted.integration_user where reasons = ['system_user'])
        """
    ).fetchall()
    machines = {
        user
        for (user,) in org.execute("select user_id from planted.integration_user where is_integration_user").fetchall()
    }
    idle: dict[str, tuple[str | None, int | None]] = {}
    for user, created, last in activity:
        patience = timedelta(days=90 if last or user in machines else 30)
        if NOW - (last or created) >= patience:
            idle[user] = (last.strftime("%Y-%m-%dT%H:%M:%SZ") if last else None, (NOW - last).days if last else None)
    planted = org.execute(
        "select user_id, own from planted.finding where finding_type in ('inactive_user', 'dormant_integration_user')"
    ).fetchall()
    assert len(planted) > 20
    assert {
        user: (json.loads(own)["last_activity_at"], json.loads(own)["days_inactive"]) for user, own in planted
    } == idle


def test_tokens_without_an_owner_are_those_of_deactivated_and_frozen_users(org: duckdb.DuckDBPyConnection) -> None:
    for reason, condition in (("user_inactive", 'not "IsActive"'), ("user_frozen", '"IsFrozen"')):
        without = org.execute(
            f"""
            select token."UserId" from org."OauthToken" as token
            join org."User" as member on member."Id" = token."UserId"
            join org."UserLogin" as login on login."UserId" = member."Id" where {condition} order by 1
            """
        ).fetchall()
        planted = org.execute(
            """
            select user_id from planted.finding where finding_type = 'orphaned_oauth_token'
                and list_contains(own ->> '$.reasons[*]', ?) order by 1
            """,
            [reason],
        ).fetchall()
        assert planted == without
        assert planted


def test_tokens_of_every_sort_are_there(org: duckdb.DuckDBPyConnection) -> None:
    for condition in (
        '"LastUsedDate" is null and "CreatedDate" is null',
        '"LastUsedDate" is null and "UseCount" > 0',
        '"LastUsedDate" is not null and "UseCount" = 0',
        '"Id" is not null',
        '"AppMenuItemId" is null',
        '"UserId" is null',
        f"\"LastUsedDate\" > '{NOW.isoformat()}'",
    ):
        assert value(org, f'select count(*) from org."OauthToken" where {condition}') >= 1, condition
    of_one_user_and_app = 'select max(n) from (select count(*) as n from org."OauthToken" group by "UserId", "AppName")'
    assert value(org, of_one_user_and_app) == 5
    alike = """select count(*) from (select count(*) as n from org."OauthToken" where "Id" is null
        group by "UserId", "AppName", "CreatedDate", "LastUsedDate", "UseCount" having n > 1)"""
    assert value(org, alike) == 1


def test_the_crowd_holds_no_word_for_a_machine(org: duckdb.DuckDBPyConnection) -> None:
    words = """api|svc|service|bot|etl|sync|batch|system|user|admin|agent|data|job|app|test|loader|feed|kopplung"""
    named = org.execute(
        f"""
        select "Username" from org."User" where "Username" not in (select username from planted.integration_user)
            and regexp_matches("Username", '^[a-z]+\\.[a-z]+[0-9]+@')
            and regexp_matches(lower("Alias" || ' ' || "Name" || ' ' || split_part("Username", '@', 1)),
                '(^|[^a-z])({words})([^a-z]|$)')
        """
    ).fetchall()
    assert named == []


def test_the_policy_is_plain_yaml_and_hides_no_finding(org: duckdb.DuckDBPyConnection) -> None:
    policy = demo_policy(7, NOW)
    assert yaml.safe_load(yaml.safe_dump(policy, allow_unicode=True)) == policy
    approved = {app.strip().lower() for app in policy["approved_apps"]}
    findings = org.execute(
        "select subject_id, lower(subject_name), own from planted.finding where finding_type = 'unmanaged_app'"
    ).fetchall()
    for subject, name, own in findings:
        listed = bool({subject.lower(), subject[:15].lower(), name} & approved)
        assert listed == ("not_approved" not in json.loads(own)["reasons"])
    justified = {each["username"].lower(): each for each in policy["justified_permissions"]}
    assert justified[READER_USERNAME]["expires"] > NOW.date()
    assert {each["expires"] for each in justified.values()} > {NOW.date(), NOW.date() - timedelta(days=1)}


def test_the_policy_names_what_this_seed_has(org: duckdb.DuckDBPyConnection) -> None:
    policy = demo_policy(7, NOW)
    (retired,) = [app for app in policy["decommissioned_apps"] if app.startswith("0H4")]
    ids = org.execute('select left("Id", 15) from org."ConnectedApplication"').fetchall()
    alike = [app for (app,) in ids if app.lower() == retired.lower()]
    assert retired in alike
    assert len(alike) == 2
    usernames = {name for (name,) in org.execute('select lower("Username") from org."User"').fetchall()}
    named = [each["username"] for each in policy["justified_permissions"]]
    named += [each["subject"] for each in policy["waivers"]] + policy["integration_users"]["usernames"]
    assert {name.strip().lower() for name in named} <= usernames


def test_seats_to_spare_are_found_where_they_cost_something(org: duckdb.DuckDBPyConnection) -> None:
    found = {
        json.loads(own)["license_key"]: cost
        for own, cost in org.execute(
            "select own, cost from planted.finding where finding_type = 'license_seats_unassigned'"
        ).fetchall()
    }
    prices = demo_policy(7, NOW)["prices"]
    every_price = prices["user_licenses"] | prices["permission_set_licenses"]
    assert set(found) == {
        "SFDC", "PID_Partner_Community", "PlatformEncryptionPsl", "SurveyResponsePackPsl",
        "SalesforceCPQ.CPQStandardPerm",
    }  # fmt: skip
    assert float(found["SFDC"]) == 7 * every_price["SFDC"]
    licences = org.execute(
        """select "Id", "TotalLicenses", "UsedLicenses" from org."UserLicense"
            union all select "Id", "TotalLicenses", "UsedLicenses" from org."PermissionSetLicense" """
    ).fetchall()
    seats = {license_id: (total, used, total - used) for license_id, total, used in licences}
    planted = org.execute("select subject_id, own from planted.finding where finding_type = 'license_seats_unassigned'")
    for license_id, text in planted.fetchall():
        own = json.loads(text)
        assert seats[license_id] == (own["total_seats"], own["used_seats"], own["unassigned_seats"])
    ends_today = """select "ExpirationDate" from org."PermissionSetLicense"
        where "PermissionSetLicenseKey" = 'SurveyResponsePackPsl'"""
    assert value(org, ends_today) == date(2026, 11, 2)
