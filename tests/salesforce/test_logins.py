"""Logins accumulate without a gap and without a repetition, whatever a run could read."""

import gzip
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import SalesforceApiError
from spendready_pipeline.salesforce.client.connection import Reader
from spendready_pipeline.salesforce.extract.load import ExtractedObject
from spendready_pipeline.salesforce.extract.logins import (
    known_window,
    land_logins,
    login_scope,
    next_window,
    prune_before,
    read_since,
)
from spendready_pipeline.salesforce.extract.objects import Reading, Slice

LOGINS = BY_NAME["LoginHistory"]
ORG, OTHER_ORG = "00D000000000001EAA", "00D000000000002EAA"
MONDAY = datetime(2026, 11, 2, 6, tzinfo=UTC)
DAY = timedelta(days=1)
AUDITOR = Reader("005000000000001AAA", "auditor@example.com", {"MonitorLoginHistory": True})
OUTSIDER = Reader("005000000000001AAA", "auditor@example.com", {"MonitorLoginHistory": False})


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def run(
    warehouse: duckdb.DuckDBPyConnection,
    folder: Path,
    at: datetime,
    logins: dict[str, datetime],
    reader: Reader = AUDITOR,
    org: str = ORG,
    count: int | None = None,
    refused: SalesforceApiError | None = None,
    local_now: datetime | None = None,
) -> tuple[datetime, ExtractedObject]:
    """A weekly run: reads what Salesforce has since the moment that the warehouse asks for, and lands it."""
    known = known_window(warehouse, org, at)
    since = read_since(known, at)
    found = {name: moment for name, moment in logins.items() if moment >= since}
    records = [
        {"Id": name, "UserId": "005000000000009AAA", "LoginTime": f"{moment:%FT%T.000+0000}"}
        for name, moment in found.items()
    ]
    page = folder / f"{at:%Y%m%d%H%M%S%f}.json.gz"
    page.write_bytes(gzip.compress(json.dumps({"totalSize": 0, "done": True, "records": records}).encode()))
    total = len(found) if count is None else count
    slices = [] if refused else [Slice(LOGINS.fields, [page])]
    reading = Reading(LOGINS, slices, count_before=total, count_after=total, refused=refused)
    delete_before = prune_before(at, local_now or at)
    return since, land_logins(warehouse, reading, reader, org, next_window(known, at), delete_before)


def stored(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in warehouse.execute('select "Id" from raw.login_history order by "Id"').fetchall()]


def test_the_first_run_reads_six_months(warehouse, tmp_path) -> None:
    since, result = run(warehouse, tmp_path, MONDAY, {"a": MONDAY - 200 * DAY, "b": MONDAY - 182 * DAY, "c": MONDAY})
    assert since == MONDAY - 183 * DAY
    assert stored(warehouse) == ["b", "c"]
    assert (result.status, result.rows, result.known_since) == ("read", 2, since)


def test_later_runs_add_what_is_new_and_never_twice(warehouse, tmp_path) -> None:
    logins = {"a": MONDAY - 30 * DAY, "b": MONDAY - DAY / 2}
    first, _ = run(warehouse, tmp_path, MONDAY, logins)
    logins |= {"late": MONDAY - DAY / 4, "c": MONDAY + 3 * DAY}  # 'late' was written after the first run had read
    since, result = run(warehouse, tmp_path, MONDAY + 7 * DAY, logins)
    assert since == MONDAY - DAY
    assert stored(warehouse) == ["a", "b", "c", "late"]
    assert (result.rows, result.known_since) == (3, first)


@pytest.mark.parametrize("compared_at_once", [1, 2, 1_000_000])
def test_a_login_that_came_twice_is_kept_once(warehouse, tmp_path, monkeypatch, compared_at_once) -> None:
    monkeypatch.setattr("spendready_pipeline.salesforce.extract.logins._COMPARED_AT_ONCE", compared_at_once)
    record = {"Id": "a", "UserId": "005000000000009AAA", "LoginTime": f"{MONDAY:%FT%T.000+0000}"}
    page = tmp_path / "1.json.gz"
    page.write_bytes(gzip.compress(json.dumps({"done": True, "records": [record, record]}).encode()))
    reading = Reading(LOGINS, [Slice(LOGINS.fields, [page])], count_before=1, count_after=2)
    land_logins(warehouse, reading, AUDITOR, ORG, next_window(None, MONDAY), None)
    assert stored(warehouse) == ["a"]


def test_a_run_repeated_changes_nothing(warehouse, tmp_path) -> None:
    logins = {"a": MONDAY - 30 * DAY, "b": MONDAY}
    run(warehouse, tmp_path, MONDAY, logins)
    before = warehouse.execute("select * from raw.login_window").fetchall(), stored(warehouse)
    run(warehouse, tmp_path, MONDAY, logins)
    assert (warehouse.execute("select * from raw.login_window").fetchall(), stored(warehouse)) == before


@pytest.mark.parametrize(
    ("how", "status"),
    [
        pytest.param({"reader": OUTSIDER}, "own_rows", id="own rows"),
        pytest.param({"refused": SalesforceApiError("", status=400, code="INVALID_TYPE")}, "hidden", id="hidden"),
        pytest.param({"refused": SalesforceApiError("", status=500, code="QUERY_TIMEOUT")}, "failed", id="failed"),
        pytest.param({"count": 9}, "short", id="short"),
    ],
)
def test_a_week_that_was_not_read_whole_leaves_no_gap_behind(warehouse, tmp_path, how, status) -> None:
    logins = {"a": MONDAY - 30 * DAY, "b": MONDAY + DAY, "c": MONDAY + 8 * DAY}
    first, _ = run(warehouse, tmp_path, MONDAY, {"a": logins["a"]})
    _, result = run(warehouse, tmp_path, MONDAY + 7 * DAY, {"b": logins["b"]}, **how)
    assert (result.status, result.known_since) == (status, None)
    assert "a" in stored(warehouse)
    since, result = run(warehouse, tmp_path, MONDAY + 14 * DAY, logins)
    assert since == MONDAY - DAY
    assert stored(warehouse) == ["a", "b", "c"]
    assert (result.status, result.known_since) == ("read", first)


def test_a_break_longer_than_salesforce_remembers_starts_anew(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY, {"a": MONDAY - 30 * DAY})
    later = MONDAY + 200 * DAY
    _, result = run(warehouse, tmp_path, later, {"b": later - DAY})
    assert result.known_since == later - 183 * DAY
    assert stored(warehouse) == ["a", "b"]


def test_logins_are_kept_for_400_days(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY, {"a": MONDAY - 30 * DAY, "b": MONDAY - DAY})
    for week in range(1, 54):
        at = MONDAY + 7 * week * DAY
        _, result = run(warehouse, tmp_path, at, {f"w{week:02}": at - DAY})
    assert stored(warehouse)[:2] == ["b", "w01"]
    assert result.known_since == at - 400 * DAY


def test_logins_of_another_org_under_the_same_name_are_dropped(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY, {"a": MONDAY - DAY})
    since, _ = run(warehouse, tmp_path, MONDAY + 7 * DAY, {"b": MONDAY}, org=OTHER_ORG)
    assert since == MONDAY + 7 * DAY - 183 * DAY
    assert stored(warehouse) == ["b"]


def test_own_rows_of_another_org_are_dropped_as_well(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY, {"a": MONDAY - DAY}, reader=OUTSIDER)
    run(warehouse, tmp_path, MONDAY + 7 * DAY, {"b": MONDAY}, org=OTHER_ORG)
    assert stored(warehouse) == ["b"]


def test_an_org_whose_clock_was_set_back_is_read_again(warehouse, tmp_path) -> None:
    """When the clock was ahead nobody knows, so nobody knows either what was read since."""
    run(warehouse, tmp_path, MONDAY + 20 * DAY, {"a": MONDAY})
    since, result = run(warehouse, tmp_path, MONDAY, {"b": MONDAY - DAY / 2})
    assert since == result.known_since == MONDAY - 183 * DAY
    assert stored(warehouse) == ["a", "b"]


def test_logins_that_one_wrong_clock_calls_old_are_not_deleted(warehouse, tmp_path) -> None:
    logins = {"a": MONDAY - 100 * DAY, "b": MONDAY}
    run(warehouse, tmp_path, MONDAY, logins)
    run(warehouse, tmp_path, MONDAY + 410 * DAY, logins, local_now=MONDAY + DAY)
    assert stored(warehouse) == ["a", "b"]
    run(warehouse, tmp_path, MONDAY + 7 * DAY, logins, local_now=MONDAY + 900 * DAY)
    assert stored(warehouse) == ["a", "b"]


def test_logins_are_not_deleted_where_there_is_one_clock_only() -> None:
    assert prune_before(MONDAY + 410 * DAY, None) is None


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param(MONDAY + 100 * DAY, MONDAY - DAY, id="ends before it begins"),
        pytest.param(MONDAY - 100 * DAY, MONDAY + DAY, id="ends after now"),
    ],
)
def test_a_login_window_that_cannot_be_right_is_discarded(warehouse, tmp_path, since, until) -> None:
    run(warehouse, tmp_path, MONDAY - 7 * DAY, {"a": MONDAY - 30 * DAY})
    warehouse.execute("update raw.login_window set known_since = ?, known_until = ?", [since, until])
    read_from, result = run(warehouse, tmp_path, MONDAY, {"a": MONDAY - 30 * DAY, "b": MONDAY - 20 * DAY})
    assert read_from == result.known_since == MONDAY - 183 * DAY
    assert stored(warehouse) == ["a", "b"]


def test_a_table_of_an_older_catalogue_gains_the_new_columns(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY, {"a": MONDAY - DAY})
    warehouse.execute('alter table raw.login_history drop column "CountryIso"')
    run(warehouse, tmp_path, MONDAY + DAY, {"b": MONDAY})
    columns = {name: kind for name, kind, *_ in warehouse.execute("describe raw.login_history").fetchall()}
    assert columns["CountryIso"] == "VARCHAR"
    assert stored(warehouse) == ["a", "b"]


@pytest.mark.parametrize(("total", "windows"), [(0, 1), (10_000, 1), (10_001, 2), (500_000, 50), (None, 64)])
def test_windows_have_every_moment_once(total, windows) -> None:
    since = MONDAY - 183 * DAY
    scope = login_scope(since, MONDAY)
    assert scope.pieces is not None
    pieces: Sequence[str] = [piece.where for piece in scope.pieces(total, lambda _: None)]
    assert len(pieces) == windows
    assert scope.where == "LoginTime >= 2026-05-03T06:00:00Z"
    assert pieces[0].startswith(scope.where)
    for one, following in pairwise(pieces):
        assert one.split("LoginTime < ")[1] == following.split(" AND ")[0].removeprefix("LoginTime >= ")
    assert "<" not in pieces[-1]  # open: a login during the run counts


def arriving(reading: Reading, pages: Sequence[Path], then: Callable[[], None]) -> threading.Thread:
    """Lets an object's pages come one by one while it is loaded; `then` happens before the end."""

    def read() -> None:
        reading.slices = [Slice(LOGINS.fields)]
        reading.change()
        for page in pages:
            reading.slices[0].files.append(page)
            reading.change()
        then()
        reading.change(is_complete=True)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def page_of_logins(folder: Path, *names: str) -> Path:
    records = [{"Id": name, "LoginTime": f"{MONDAY:%FT%T.000+0000}"} for name in names]
    page = folder / f"{names[0]}.json.gz"
    page.write_bytes(gzip.compress(json.dumps({"totalSize": 0, "done": True, "records": records}).encode()))
    return page


def test_logins_are_loaded_while_they_are_read(warehouse, tmp_path) -> None:
    pages = [page_of_logins(tmp_path, f"{number:02}") for number in range(9)]
    reading = Reading(LOGINS, count_before=9, is_complete=False)

    def count() -> None:
        reading.count_after = 9

    thread = arriving(reading, pages, count)
    result = land_logins(warehouse, reading, AUDITOR, ORG, next_window(None, MONDAY), None)
    thread.join()
    assert (result.status, result.rows) == ("read", 9)
    assert stored(warehouse) == [f"{number:02}" for number in range(9)]


def test_logins_of_a_read_that_is_refused_in_the_end_are_not_kept(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY - 7 * DAY, {"a": MONDAY - 8 * DAY})
    reading = Reading(LOGINS, count_before=1, is_complete=False)

    def refuse() -> None:
        reading.refused = SalesforceApiError("", status=500, code="QUERY_TIMEOUT")
        reading.slices = []

    thread = arriving(reading, [page_of_logins(tmp_path, "b")], refuse)
    result = land_logins(warehouse, reading, AUDITOR, ORG, next_window(None, MONDAY), None)
    thread.join()
    assert (result.status, result.known_since) == ("failed", None)
    assert stored(warehouse) == ["a"]
    assert known_window(warehouse, ORG, MONDAY) is not None


def test_logins_of_a_run_that_ends_are_not_kept(warehouse, tmp_path) -> None:
    run(warehouse, tmp_path, MONDAY - 7 * DAY, {"a": MONDAY - 8 * DAY})
    before = warehouse.execute("from raw.login_window").fetchall()
    reading = Reading(LOGINS, count_before=1, is_complete=False)

    def fail() -> None:
        reading.failure = OrgError("acme: the connection was lost")

    thread = arriving(reading, [page_of_logins(tmp_path, "b")], fail)
    with pytest.raises(OrgError, match="the connection was lost"):
        land_logins(warehouse, reading, AUDITOR, ORG, next_window(None, MONDAY), None)
    thread.join()
    assert stored(warehouse) == ["a"]
    assert warehouse.execute("from raw.login_window").fetchall() == before
