"""What becomes of each finding type when an object or field cannot be read: the rules' truth table.

The org is built once; each case changes how it could be read and runs the coverage model's own SQL again.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from tests.dbt.needs import ALL, GAPS, SIGNALLED, Gap
from tests.dbt.orgs import NOW, Dbt, HandMadeOrg

Reading = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def read_as(dbt: Dbt, quiet_org: HandMadeOrg) -> Iterator[Reading]:
    """Gives the coverage where an object was read so: `read_as("OauthToken", status="short")`."""
    with duckdb.connect(str(quiet_org.path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("begin")

        def read(sobject: str = "", statement: str = "", **values: Any) -> dict[str, dict[str, Any]]:
            for name, value in values.items():
                connection.execute(f'update raw.extraction set "{name}" = ? where object = ?', [value, sobject])
            if statement:
                connection.execute(statement)
            answer = connection.execute(dbt.compiled("int_coverage"))
            names = [column[0] for column in answer.description]
            rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
            return {row["finding_type"]: row for row in rows}

        yield read
        connection.execute("rollback")


KNOWN_SINCE: dict[str, Gap] = {
    "logins of 30 days": ("LoginHistory", {"known_since": NOW - timedelta(days=30)}, set(), SIGNALLED),
    "logins of 180 days": ("LoginHistory", {"known_since": NOW - timedelta(days=180)}, set(), set()),
    "logins of 180 days less a second": (
        "LoginHistory", {"known_since": NOW - timedelta(days=180, seconds=-1)}, set(), SIGNALLED,
    ),
}  # fmt: skip


def statuses(coverage: dict[str, dict[str, Any]], status: str) -> set[str]:
    return {finding_type for finding_type, row in coverage.items() if row["status"] == status}


def named_in(coverage: dict[str, dict[str, Any]], text: str) -> set[str]:
    return {finding_type for finding_type, row in coverage.items() if row["reason"] and text in row["reason"]}


def test_what_was_read_whole_is_evaluated(read_as: Reading) -> None:
    coverage = read_as()
    assert statuses(coverage, "evaluated") == ALL
    assert {row["reason"] for row in coverage.values()} == {None}


@pytest.mark.parametrize("gap", GAPS | KNOWN_SINCE)
def test_what_a_gap_costs(read_as: Reading, gap: str) -> None:
    sobject, how, not_evaluated, partial = (GAPS | KNOWN_SINCE)[gap]
    coverage = read_as(sobject, **how)
    assert statuses(coverage, "not_evaluated") == not_evaluated
    assert statuses(coverage, "partial") == partial
    assert all(coverage[each]["reason"] for each in not_evaluated | partial)


def test_an_object_that_was_never_tried_counts_as_failed(read_as: Reading) -> None:
    coverage = read_as(statement="delete from raw.extraction where object = 'AuthSession'")
    assert statuses(coverage, "not_evaluated") == {"integration_user_ui_session"}


def test_logins_are_whole_where_the_org_is_younger_than_the_window(read_as: Reading) -> None:
    born = NOW - timedelta(days=20)
    young = f"update intermediate.int_snapshot set org_created_at = '{born.isoformat()}'"
    coverage = read_as("LoginHistory", statement=young, known_since=born)
    assert statuses(coverage, "evaluated") == ALL


def test_a_user_whose_profile_is_not_visible_makes_what_asks_for_it_partial(read_as: Reading) -> None:
    coverage = read_as(statement="update intermediate.int_accounts set license_id15 = null")
    assert statuses(coverage, "partial") == SIGNALLED
    assert "of 1 active user could" in coverage["inactive_user"]["reason"]


def test_reason_and_cure_name_the_gap_and_the_permission(read_as: Reading) -> None:
    row = read_as("OauthToken", status="short", count_before=3000, count_after=3002, rows=2500)["stale_oauth_token"]
    assert "OauthToken is not whole: 2500 rows were read where the org counts 3000 to 3002" in row["reason"]
    assert "absence proves nothing" in row["reason"]
    row = read_as("OauthToken", status="own_rows")["stale_oauth_token"]
    assert "the reader's own rows alone" in row["reason"]
    assert row["remediation"] == "Customize Application"


def test_an_unknown_login_type_is_named_and_costs_nothing(read_as: Reading) -> None:
    unknown = "insert into intermediate.int_login_kinds values ('Quantum Login', null, 'other', false, true)"
    coverage = read_as(statement=unknown)
    assert statuses(coverage, "evaluated") == ALL
    assert named_in(coverage, "Quantum Login") == SIGNALLED


def test_a_login_type_that_is_known_to_be_neither_is_not_named(read_as: Reading) -> None:
    known = "insert into intermediate.int_login_kinds values ('Validate', 'SOAP API', 'other', true, true)"
    assert named_in(read_as(statement=known), "") == set()


def test_an_unknown_login_sub_type_is_named(read_as: Reading) -> None:
    unknown = "insert into intermediate.int_login_kinds values ('Application', 'Quantum Flow', 'other', true, false)"
    coverage = read_as(statement=unknown)
    assert statuses(coverage, "evaluated") == ALL
    assert named_in(coverage, "Quantum Flow") == SIGNALLED


def test_an_unknown_session_type_is_named(read_as: Reading) -> None:
    types = "('1', 'Quantum'), ('2', 'TEMPUIFRONTDOOR'), ('3', 'API'), ('4', null), ('5', '')"
    coverage = read_as(statement=f"insert into raw.auth_session (Id, SessionType) values {types}")
    assert statuses(coverage, "evaluated") == ALL
    assert "Session types that are not known: Quantum." in coverage["integration_user_ui_session"]["reason"]
    assert named_in(coverage, "") == {"integration_user_ui_session"}


def test_a_license_of_active_people_that_is_in_no_list_is_named(read_as: Reading) -> None:
    unknown = "update intermediate.int_accounts set license_category = 'other', license_name = 'Quantum Seats'"
    coverage = read_as(statement=unknown)
    assert statuses(coverage, "evaluated") == ALL
    assert named_in(coverage, "Quantum Seats") == {"integration_user_on_interactive_license", "inactive_user"}
    for nobody in ("is_active = false", "is_system = true, is_active = true"):
        assert named_in(read_as(statement=f"update intermediate.int_accounts set {nobody}"), "") == set()


def test_no_connected_app_at_all_makes_unmanaged_apps_partial(read_as: Reading) -> None:
    coverage = read_as(statement="insert into raw.oauth_token (UserId, AppName) values (null, 'App')")
    assert statuses(coverage, "partial") == {"unmanaged_app"}
    assert "ConnectedApplication is empty though there are tokens" in coverage["unmanaged_app"]["reason"]
    coverage = read_as(statement="insert into raw.connected_application (Id) values ('1')")
    assert statuses(coverage, "evaluated") == ALL


def test_a_clock_that_is_not_the_orgs_is_named(read_as: Reading) -> None:
    coverage = read_as(statement="update intermediate.int_snapshot set clock_source = 'local'")
    assert statuses(coverage, "evaluated") == ALL
    assert all("clock" in row["reason"] for row in coverage.values())
