"""What real orgs send where less than all can be seen: each answer costs what depends on it, and says what to do."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from tests.dbt.needs import ALL, OF_LOGINS, SIGNALLED, without
from tests.dbt.orgs import NOW, Dbt, HandMadeOrg, salesforce_id

Coverage = dict[str, dict[str, Any]]
Built = Callable[[], Coverage]
OF_USERS = SIGNALLED | {"orphaned_oauth_token"}


@pytest.fixture
def snapshot(quiet_org: HandMadeOrg) -> Iterator[duckdb.DuckDBPyConnection]:
    """The quiet org's warehouse; what is changed in it is rolled back."""
    with duckdb.connect(str(quiet_org.path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("begin")
        yield connection
        connection.execute("rollback")


@pytest.fixture
def coverage(dbt: Dbt, snapshot: duckdb.DuckDBPyConnection) -> Built:
    """Gives the coverage of the org as it was changed."""

    def built() -> Coverage:
        answer = snapshot.execute(dbt.compiled("int_coverage"))
        names = [column[0] for column in answer.description]
        return {row[0]: dict(zip(names, row, strict=True)) for row in answer.fetchall()}

    return built


def partial(coverage: Coverage) -> set[str]:
    assert all(row["status"] != "not_evaluated" for row in coverage.values())
    return {name for name, row in coverage.items() if row["status"] == "partial"}


def read_as(connection: duckdb.DuckDBPyConnection, sobject: str, **values: Any) -> None:
    for name, value in values.items():
        connection.execute(f'update raw.extraction set "{name}" = ? where object = ?', [value, sobject])


def test_04_users_not_visible(snapshot: duckdb.DuckDBPyConnection, coverage: Built) -> None:
    read_as(
        snapshot, "User", status="short", remediation="View All Users", reason="without View All Users, some rows alone"
    )
    rows = coverage()
    assert partial(rows) == OF_USERS
    for name in OF_USERS:
        assert rows[name]["remediation"] == "View All Users"
        assert "without View All Users" in rows[name]["reason"]
        assert "absence proves nothing" in rows[name]["reason"]


NAMED = {
    "a token": ('insert into raw.oauth_token ("UserId") values (?)', True),
    "a freeze state": ('insert into raw.user_login ("Id", "UserId") values (\'0Yw\', ?)', True),
    "an assignment": ('insert into raw.permission_set_assignment ("Id", "AssigneeId") values (\'0Pa\', ?)', True),
    "a login": ('insert into raw.login_history ("Id", "UserId", "Status") values (\'0Ya\', ?, \'Success\')', False),
    "a session": ('insert into raw.auth_session ("Id", "UsersId") values (\'0Ak\', ?)', False),
}


@pytest.mark.parametrize("name", NAMED)
def test_04_users_that_other_objects_name_and_user_lacks(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built, name: str
) -> None:
    statement, is_gap = NAMED[name]
    snapshot.execute("insert into raw.connected_application (\"Id\") values ('0H4')")
    snapshot.execute(statement, [salesforce_id("005", "unseen")])
    rows = coverage()
    assert partial(rows) == (OF_USERS if is_gap else set())
    assert rows["inactive_user"]["remediation"] == ("View All Users" if is_gap else None)


def test_a_user_named_by_fifteen_characters_is_there_and_one_without_a_name_is_no_gap(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built
) -> None:
    snapshot.execute("insert into raw.connected_application (\"Id\") values ('0H4')")
    snapshot.execute('insert into raw.oauth_token ("UserId") select left("Id", 15) from raw."user"')
    snapshot.execute('insert into raw.oauth_token ("UserId") values (null)')
    assert partial(coverage()) == set()


def test_where_freeze_states_are_hidden_too_manage_users_shows_both(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built
) -> None:
    read_as(snapshot, "User", status="short", remediation="View All Users")
    read_as(snapshot, "UserLogin", status="hidden", remediation="Manage Users")
    assert "Manage Users" in coverage()["inactive_user"]["remediation"]
    assert "View All Users" in coverage()["inactive_user"]["remediation"]


FIELDS_THAT_NO_RULE_USES = {
    "PermissionSetLicenseAssign": "IsRevoked",
    "PermissionSetAssignment": "IsRevoked",
    "ConnectedApplication": "OptionsAllowAdminApprovedUsersOnly",
}


@pytest.mark.parametrize("sobject", FIELDS_THAT_NO_RULE_USES)
def test_10_check_costs(snapshot: duckdb.DuckDBPyConnection, coverage: Built, sobject: str) -> None:
    read_as(snapshot, sobject, **without(FIELDS_THAT_NO_RULE_USES[sobject]))
    assert partial(coverage()) == set()


def log_in(connection: duckdb.DuckDBPyConnection, status: str | None, days: float) -> None:
    connection.execute(
        'insert into raw.login_history ("Id", "UserId", "LoginTime", "Status") '
        'select \'0Ya\', "Id", ?::timestamptz - to_seconds(?), ? from raw."user"',
        [NOW, int(days * 86400), status],
    )


LANGUAGES: dict[str, tuple[list[tuple[str | None, float]], set[str]]] = {
    # the logins by status and days ago, and the types that are partial
    "none succeeded in another language": ([("Erfolg", 1), ("Erfolg", 29)], SIGNALLED),
    "none with a status": ([(None, 1)], SIGNALLED),
    "the successes are older than the window": ([("Erfolg", 1), ("Success", 30)], OF_LOGINS),
    "the successes are older than half a year": ([("Erfolg", 1), ("Success", 180)], SIGNALLED),
    "one success in the window": ([("Erfolg", 1), ("Success", 29.9)], set()),
    "no login in the window": ([("Erfolg", 30)], SIGNALLED),
    "no login in half a year": ([("Erfolg", 180)], set()),
}


@pytest.mark.parametrize("case", LANGUAGES)
def test_logins_of_which_none_succeeded_may_be_in_another_language(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built, case: str
) -> None:
    logins, expected = LANGUAGES[case]
    for status, days in logins:
        log_in(snapshot, status, days)
    rows = coverage()
    assert partial(rows) == expected
    for name in expected - {"psl_unused"}:
        assert "Status may be in another language" in rows[name]["reason"]


def licensed(connection: duckdb.DuckDBPyConnection, *statuses: str | None) -> None:
    connection.execute('update raw.user_license set "Status" = ?', [statuses[0]])
    for number, status in enumerate(statuses[1:]):
        connection.execute('insert into raw.user_license ("Id", "Status") values (?, ?)', [f"100{number}", status])


def test_a_license_status_that_is_not_known_is_named(snapshot: duckdb.DuckDBPyConnection, coverage: Built) -> None:
    licensed(snapshot, "Active", "Disabled", "Paused")
    rows = coverage()
    assert partial(rows) == set()
    assert "Paused" in rows["license_seats_unassigned"]["reason"]
    assert all(row["reason"] is None for name, row in rows.items() if name != "license_seats_unassigned")


def test_license_statuses_of_which_none_is_known_make_unassigned_seats_partial(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built
) -> None:
    licensed(snapshot, "Aktiv")
    rows = coverage()
    assert partial(rows) == {"license_seats_unassigned"}
    assert "Status may be in another language" in rows["license_seats_unassigned"]["reason"]
    assert "Aktiv" in rows["license_seats_unassigned"]["reason"]


def test_licenses_without_a_status_are_no_other_language(snapshot: duckdb.DuckDBPyConnection, coverage: Built) -> None:
    licensed(snapshot, None)
    assert partial(coverage()) == set()


def test_hidden_licenses_ask_for_setup_and_not_for_profiles(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built
) -> None:
    snapshot.execute("update intermediate.int_accounts set license_id15 = null")
    read_as(snapshot, "UserLicense", status="hidden")
    assert coverage()["inactive_user"]["remediation"] == "View Setup and Configuration"


def test_a_profile_that_is_not_visible_asks_for_view_all_profiles(
    snapshot: duckdb.DuckDBPyConnection, coverage: Built
) -> None:
    snapshot.execute("update intermediate.int_accounts set license_id15 = null")
    assert partial(coverage()) == SIGNALLED
    assert coverage()["inactive_user"]["remediation"].startswith("View All Profiles")


def test_an_object_that_took_too_long_to_count_says_so(snapshot: duckdb.DuckDBPyConnection, coverage: Built) -> None:
    read_as(snapshot, "AuthSession", status="short", count_before=None, reason="Salesforce took too long to count")
    row = coverage()["integration_user_ui_session"]
    assert (row["status"], row["remediation"]) == ("partial", "Manage Users")
    assert "took too long to count" in row["reason"]
    assert "where the org counts" not in row["reason"]


def test_every_type_is_one_of_the_rules(coverage: Built) -> None:
    assert coverage().keys() == ALL
