"""Good data passes, and each way to break it fails the one check that is there for it."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from expectations import CHECKS, suite_of
from spendready_pipeline.catalog.salesforce_objects import BY_NAME, OBJECTS
from spendready_pipeline.quality.validation import CheckResult, check_object, record

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)


PREFIXES = {
    "Organization": "00D",
    "User": "005",
    "Profile": "00e",
    "UserLicense": "100",
    "PermissionSet": "0PS",
    "PermissionSetAssignment": "0Pa",
}


def salesforce_id(number: int, name: str = "") -> str:
    return f"{PREFIXES.get(name, '0XX')}{number:012d}AAA"


class Raw:
    """Raw tables with three good rows each; an org has one of itself."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("create schema raw")
        self.connection.execute("create table raw.extraction (object varchar, status varchar)")
        self.connection.execute("create table raw.snapshot (snapshot_at timestamptz)")
        self.connection.execute("insert into raw.snapshot values (?)", [NOW])
        for each in OBJECTS:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in each.columns.items())
            self.connection.execute(f'create table raw."{each.table}" ({columns})')
            self.connection.execute("insert into raw.extraction values (?, 'read')", [each.name])
            for number in range(1 if each.name == "Organization" else 3):
                self.add(each.name, Id=salesforce_id(number, each.name))

    def add(self, name: str, **fields: Any) -> None:
        samples = {"VARCHAR": "mallory@acme.example", "TIMESTAMPTZ": NOW, "DATE": NOW.date(), "BIGINT": 1}
        row = {column: samples.get(kind, True) for column, kind in BY_NAME[name].columns.items()} | fields
        places = ", ".join("?" * len(row))
        self.connection.execute(f'insert into raw."{BY_NAME[name].table}" values ({places})', list(row.values()))

    def sql(self, statement: str) -> None:
        self.connection.execute(statement)

    def read_as(self, name: str, status: str) -> None:
        self.connection.execute("update raw.extraction set status = ? where object = ?", [status, name])

    def check(self, name: str, batch_rows: int = 200_000) -> list[CheckResult]:
        return check_object(self.connection, BY_NAME[name], suite_of(name), batch_rows)

    def failures(self, name: str, batch_rows: int = 200_000) -> dict[str, CheckResult]:
        """The object's checks that failed."""
        return {each.check_name: each for each in self.check(name, batch_rows) if not each.passed}

    def failure(self, name: str, batch_rows: int = 200_000) -> CheckResult:
        """The object's only check that failed."""
        (only,) = self.failures(name, batch_rows).values()
        return only


@pytest.fixture
def raw() -> Iterator[Raw]:
    made = Raw()
    yield made
    made.connection.close()


def verdict(result: CheckResult) -> tuple[str, str, str]:
    return result.object, result.check_name, result.severity


def test_good_data_passes_every_check(raw: Raw) -> None:
    results = [result for each in OBJECTS for result in raw.check(each.name)]
    assert [(each.object, each.check_name, each.severity) for each in results] == [each[:3] for each in CHECKS]
    assert {(each.passed, each.detail) for each in results} == {(True, "as expected")}


def test_every_object_has_its_shape_and_identity_judged() -> None:
    critical = {(name, check) for name, check, severity, _ in CHECKS if severity == "critical"}
    assert {(each.name, check) for each in OBJECTS for check in ("shape", "identity")} <= critical


def test_a_further_permission_of_the_org_is_no_fault(raw: Raw) -> None:
    raw.sql("alter table raw.permission_set add column PermissionsNewInSummer boolean")
    assert not raw.failures("PermissionSet")


def test_a_missing_column_fails_the_shape(raw: Raw) -> None:
    raw.sql('alter table raw.login_history drop column "SourceIp"')
    failure = raw.failure("LoginHistory")
    assert verdict(failure) == ("LoginHistory", "shape", "critical")
    assert "SourceIp" in failure.detail


def test_a_check_without_its_column_has_failed_critically_whatever_it_was(raw: Raw) -> None:
    raw.sql('alter table raw.auth_session drop column "NumSecondsValid"')
    failures = raw.failures("AuthSession")
    assert set(failures) == {"shape", "values"}
    assert failures["values"].severity == "critical"
    assert "could not be evaluated" in failures["values"].detail


def test_a_check_that_great_expectations_cannot_evaluate_has_failed_critically(raw: Raw) -> None:
    raw.sql('alter table raw.auth_session alter "NumSecondsValid" type varchar')
    raw.sql("""update raw.auth_session set "NumSecondsValid" = 'soon'""")
    failure = raw.failure("AuthSession")
    assert verdict(failure) == ("AuthSession", "values", "critical")
    assert "could not be evaluated" in failure.detail


def test_an_id_that_stands_twice_is_found_across_batches(raw: Raw) -> None:
    raw.add("User", Id=salesforce_id(0, "User"))
    failure = raw.failure("User", batch_rows=2)
    assert verdict(failure) == ("User", "identity", "critical")
    assert "2 rows" in failure.detail


def test_what_is_wrong_in_any_batch_counts(raw: Raw) -> None:
    raw.add("User", Id=None)
    raw.add("User", Id=salesforce_id(7, "User"))
    raw.add("User", Id=None)
    failure = raw.failure("User", batch_rows=2)
    assert verdict(failure) == ("User", "identity", "critical")
    assert "2 rows" in failure.detail


def test_batches_skip_no_row_after_rows_were_deleted(raw: Raw) -> None:
    for number in range(10, 20):
        raw.add("LoginHistory", Id=salesforce_id(number))
    raw.sql(f"""delete from raw.login_history where "Id" < '{salesforce_id(15)}'""")
    raw.add("LoginHistory", Id=salesforce_id(20), LoginTime=None)
    assert verdict(raw.failure("LoginHistory", batch_rows=2)) == ("LoginHistory", "values", "warning")


@pytest.mark.parametrize("wrong", ["", "0XX", "0XX00000000000é", f"{salesforce_id(1)}\n", f"{salesforce_id(1)}A"])
def test_an_id_that_is_not_salesforces_fails_the_identity(raw: Raw, wrong: str) -> None:
    raw.add("AuthSession", Id=wrong)
    assert verdict(raw.failure("AuthSession")) == ("AuthSession", "identity", "critical")


def test_an_id_of_15_characters_is_as_good(raw: Raw) -> None:
    raw.add("Profile", Id=salesforce_id(9, "Profile")[:15])
    assert not raw.failures("Profile")


def test_a_tokens_id_is_no_key(raw: Raw) -> None:
    raw.add("OauthToken", Id=None)
    raw.add("OauthToken", Id=salesforce_id(0))
    assert not raw.failures("OauthToken")
    raw.add("OauthToken", Id="0XX")
    assert verdict(raw.failure("OauthToken")) == ("OauthToken", "identity", "critical")


def test_a_token_without_a_user_is_a_warning(raw: Raw) -> None:
    raw.add("OauthToken", UserId=None, Id=None)
    assert verdict(raw.failure("OauthToken")) == ("OauthToken", "users", "warning")


@pytest.mark.parametrize(("name", "field"), [("AuthSession", "UsersId"), ("UserLogin", "UserId")])
def test_a_record_without_a_user_that_may_lack_one_is_fine(raw: Raw, name: str, field: str) -> None:
    raw.add(name, **{"Id": salesforce_id(8, name), field: None})
    assert not raw.failures(name)


@pytest.mark.parametrize("name", ["Organization", "User", "Profile", "UserLicense", "PermissionSet"])
def test_what_no_org_is_without_may_not_be_empty(raw: Raw, name: str) -> None:
    raw.sql(f'delete from raw."{BY_NAME[name].table}"')
    failure = raw.failure(name)
    assert verdict(failure) == (name, "volume", "critical")
    assert "found 0" in failure.detail


def test_a_second_org_is_one_too_many(raw: Raw) -> None:
    raw.add("Organization", Id=salesforce_id(1, "Organization"))
    failure = raw.failure("Organization", batch_rows=2)
    assert verdict(failure) == ("Organization", "volume", "critical")
    assert "found 2" in failure.detail


@pytest.mark.parametrize("name", ["OauthToken", "AuthSession", "LoginHistory", "PermissionSetGroup"])
def test_what_an_org_may_lack_may_be_empty(raw: Raw, name: str) -> None:
    raw.sql(f'delete from raw."{BY_NAME[name].table}"')
    assert not raw.failures(name)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("AuthSession", "NumSecondsValid", -1),
        ("OauthToken", "UseCount", -1),
        ("UserLicense", "TotalLicenses", -2),
        ("PermissionSetLicense", "UsedLicenses", -1),
        ("LoginHistory", "LoginTime", None),
        ("LoginHistory", "UserId", None),
    ],
)
def test_a_value_that_makes_no_sense_is_a_warning(raw: Raw, name: str, field: str, value: object) -> None:
    raw.add(name, **{"Id": salesforce_id(8, name), field: value})
    failure = raw.failure(name)
    assert verdict(failure) == (name, "values", "warning")
    assert "1 rows" in failure.detail
    assert field in failure.detail


@pytest.mark.parametrize("name", PREFIXES)
def test_an_id_of_another_object_is_a_warning(raw: Raw, name: str) -> None:
    raw.sql(f"""update raw."{BY_NAME[name].table}" set "Id" = '001' || "Id"[4:]""")
    failure = raw.failure(name)
    assert verdict(failure) == (name, "key_prefix", "warning")
    assert f"{1 if name == 'Organization' else 3} rows" in failure.detail


def test_a_login_later_than_the_snapshot_is_a_warning(raw: Raw) -> None:
    raw.add("LoginHistory", Id=salesforce_id(8), LoginTime=NOW + timedelta(days=1))
    assert not raw.failures("LoginHistory")
    raw.add("LoginHistory", Id=salesforce_id(9), LoginTime=NOW + timedelta(days=1, seconds=1))
    failure = raw.failure("LoginHistory")
    assert verdict(failure) == ("LoginHistory", "not_later", "warning")
    assert "1 rows" in failure.detail


def test_without_a_snapshot_nothing_can_be_said_to_be_later(raw: Raw) -> None:
    raw.sql("delete from raw.snapshot")
    failure = raw.failure("LoginHistory")
    assert verdict(failure) == ("LoginHistory", "not_later", "critical")
    assert "could not be evaluated" in failure.detail


def test_licences_without_a_limit_are_fine(raw: Raw) -> None:
    raw.add("UserLicense", Id=salesforce_id(8, "UserLicense"), TotalLicenses=-1)
    assert not raw.failures("UserLicense")


@pytest.mark.parametrize("status", ["hidden", "failed"])
def test_what_was_not_read_is_not_judged(raw: Raw, status: str) -> None:
    raw.read_as("Profile", status)
    raw.sql("drop table raw.profile")
    assert {each.detail for each in raw.check("Profile")} == {"not read: see coverage"}
    assert not raw.failures("Profile")


def test_a_table_that_was_read_and_is_not_there_fails_everything(raw: Raw) -> None:
    raw.sql("drop table raw.auth_session")
    assert {(each.passed, each.severity) for each in raw.check("AuthSession")} == {(False, "critical")}


def test_the_readers_own_rows_have_their_shape_and_identity_judged(raw: Raw) -> None:
    raw.read_as("AuthSession", "own_rows")
    raw.add("AuthSession", Id=salesforce_id(8), NumSecondsValid=-1)
    assert not raw.failures("AuthSession")
    raw.add("AuthSession", Id=None)
    assert verdict(raw.failure("AuthSession")) == ("AuthSession", "identity", "critical")


def test_no_value_of_the_org_is_in_what_is_said(raw: Raw) -> None:
    raw.add("User", Id="mallory@acme.example", Username=None)
    raw.add("LoginHistory", Id="mallory@acme.example", LoginTime=None)
    raw.add("LoginHistory", Id="mallory@acme.example")
    said = [each.detail for name in ("User", "LoginHistory") for each in raw.failures(name).values()]
    assert len(said) == 5
    assert "mallory" not in " ".join(said)


def test_results_are_replaced_by_the_next(raw: Raw) -> None:
    result = CheckResult("User", "volume", "critical", False, "expected table row count to be between: found 0")
    record(raw.connection, [result, result])
    record(raw.connection, [result])
    assert raw.connection.execute("select * from raw.check_result").fetchall() == [
        ("User", "volume", "critical", False, "expected table row count to be between: found 0")
    ]
    record(raw.connection, [])
    assert raw.connection.execute("select * from raw.check_result").fetchall() == []


def test_the_list_of_checks_does_not_wait_for_great_expectations() -> None:
    program = "import sys, expectations; assert expectations.CHECKS; print('great_expectations' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_values_that_were_replaced_are_a_warning(raw: Raw) -> None:
    raw.sql("create table raw.replaced_value (object varchar, field varchar, records bigint)")
    raw.sql("insert into raw.replaced_value values ('OauthToken', 'UseCount', 1), ('OauthToken', 'AppName', 1200)")
    failure = raw.failure("OauthToken")
    assert verdict(failure) == ("OauthToken", "field_types", "warning")
    assert (
        failure.detail
        == "replaced, since it is not of the field's type: AppName in 1,200 records, UseCount in 1 record"
    )
    assert not raw.failures("User")
