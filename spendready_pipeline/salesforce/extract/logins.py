"""LoginHistory, which accumulates: Salesforce forgets logins after six months, the warehouse after 400 days.

Each run reads what came since the last one that read everything, with an overlap, in windows of LoginTime. The mark
of how far logins are known moves in the transaction that lands them, so that no gap can ever lie behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

import duckdb

from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from spendready_pipeline.salesforce.client.connection import Reader
from spendready_pipeline.salesforce.client.unpacking import Replaced
from spendready_pipeline.salesforce.extract.load import ExtractedObject, Loading, Rows, extracted, whatever_the_values
from spendready_pipeline.salesforce.extract.objects import Count, Reading, Scope
from spendready_pipeline.salesforce.extract.partitions import TimeWindow
from spendready_pipeline.salesforce.extract.soql import literal
from spendready_pipeline.storage.warehouse import identifier, row_count, transaction

NAME = "LoginHistory"
TABLE = f"raw.{BY_NAME[NAME].table}"
RETENTION = timedelta(days=183)
"""What Salesforce keeps: six months (Object Reference, LoginHistory)."""
KEPT = timedelta(days=400)
OVERLAP = timedelta(days=1)
"""Logins of the last day are read again: a row may be written a little after its LoginTime."""
ROWS_A_WINDOW = 10_000
"""Five pages: enough windows to read several at once, few enough to cost no calls."""
MOST_WINDOWS = 64
_COMPARED_AT_ONCE = 1_000_000
ROWS_A_PAGE = 2_000
"""What Salesforce sends by default (REST Guide, Query Options Header)."""


@dataclass(frozen=True)
class LoginWindow:
    """Between which moments every login is known."""

    since: datetime
    until: datetime


def known_window(warehouse: duckdb.DuckDBPyConnection, org_id: str, snapshot_at: datetime) -> LoginWindow | None:
    """Gives the window that earlier runs left.

    None where they left none or read another org under this name, and where the window cannot be right: it ends
    before it begins, or after `snapshot_at`. A wrong clock wrote it, so what it says was read may never have been.
    """
    with transaction(warehouse, "raw"):
        marked_org, window = _mark(warehouse)
    if marked_org != org_id or window is None:
        return None
    return window if window.since <= window.until <= snapshot_at else None


def prune_before(snapshot_at: datetime, local_now: datetime | None) -> datetime | None:
    """Gives the moment before which stored logins are deleted: 400 days before the earlier of two clocks.

    Salesforce itself forgets a login after six months, so one wrong clock must not delete any.

    Args:
        snapshot_at: The org's clock.
        local_now: This machine's clock; None where the org's answer had no `Date`: with a single clock, nothing is
            deleted.
    """
    return min(snapshot_at, local_now) - KEPT if local_now else None


def next_window(known: LoginWindow | None, snapshot_at: datetime) -> LoginWindow:
    """Gives the window that is known once this run has read everything from `read_since` on."""
    since = read_since(known, snapshot_at)
    unbroken = known is not None and since <= known.until
    return LoginWindow(max(known.since, snapshot_at - KEPT) if known and unbroken else since, snapshot_at)


def read_since(known: LoginWindow | None, snapshot_at: datetime) -> datetime:
    """Gives the moment from which on this run has to read."""
    oldest = snapshot_at - RETENTION
    return max(oldest, known.until - OVERLAP) if known else oldest


def login_scope(since: datetime, until: datetime) -> Scope:
    """Gives the scope of LoginHistory: windows of equal length; the last is open, as logins go on while a run reads."""

    def pieces(total: int | None, _: Count) -> Sequence[TimeWindow]:
        number = MOST_WINDOWS if total is None else _windows(total)
        edges = [(since + (until - since) * each / number).replace(microsecond=0) for each in range(number)]
        closed = [TimeWindow("LoginTime", start, end) for start, end in pairwise(edges)]
        return [*closed, TimeWindow("LoginTime", edges[-1], until, is_open=True)]

    return Scope(f"LoginTime >= {literal(since)}", pieces)


def api_calls_for(rows: int) -> int:
    """Tells about how many API calls it takes to read so many logins, counts included."""
    counts = 2
    return _windows(rows) + rows // ROWS_A_PAGE + counts


def _windows(rows: int) -> int:
    return min(MOST_WINDOWS, max(1, ceil(rows / ROWS_A_WINDOW)))


def land_logins(
    warehouse: duckdb.DuckDBPyConnection,
    reading: Reading,
    reader: Reader,
    org_id: str,
    window: LoginWindow,
    delete_before: datetime | None,
) -> ExtractedObject:
    """Adds the logins that are new to those that are known, and moves the mark where everything was read.

    They may still be being read: each page is loaded as it comes, all in one transaction.

    Args:
        warehouse: The org's warehouse.
        reading: The pages of LoginHistory.
        reader: Who read.
        org_id: The org; logins of another one are dropped.
        window: What is known once everything is there (`next_window`).
        delete_before: Stored logins older than this are deleted (`prune_before`); None: none are.
    """

    def attempt(replaced: Replaced | None) -> ExtractedObject:
        with transaction(warehouse, "raw"), Loading(warehouse, reading, replaced) as loading:
            known = _known_of(warehouse, org_id)
            landed = extracted(reading, reader, _add(warehouse, loading))
            if delete_before:
                warehouse.execute(f'delete from {TABLE} where "LoginTime" < ?', [delete_before])  # noqa: S608 - names of ours
            if landed.status == "read":
                known = window
                landed = replace(landed, known_since=window.since)
            warehouse.execute("delete from raw.login_window")
            since, until = (known.since, known.until) if known else (None, None)
            warehouse.execute("insert into raw.login_window values (?, ?, ?)", [org_id, since, until])
        return landed

    return whatever_the_values(reading, attempt)


def _known_of(warehouse: duckdb.DuckDBPyConnection, org_id: str) -> LoginWindow | None:
    """Gives what is known of an org's logins; those of another org are dropped."""
    _make_table(warehouse)
    marked_org, known = _mark(warehouse)
    if marked_org == org_id:
        return known
    warehouse.execute(f"delete from {TABLE}")  # noqa: S608 - names of ours
    return None


def _add(warehouse: duckdb.DuckDBPyConnection, loading: Loading) -> Rows:
    """Adds each login once. Into an empty table they go at once: there is none to compare them with."""
    if not row_count(warehouse, TABLE):
        rows = loading.fill(TABLE)
        if _has_repeated(warehouse, TABLE):
            warehouse.execute(f'delete from {TABLE} where rowid not in (select min(rowid) from {TABLE} group by "Id")')  # noqa: S608 - names of ours
        return rows
    rows = loading.make_table("incoming_logins", temporary=True)
    warehouse.execute(
        f"insert into {TABLE} by name select * from incoming_logins as incoming "  # noqa: S608 - names of ours
        'where rowid in (select min(rowid) from incoming_logins group by "Id") '
        f'and not exists (from {TABLE} as known where known."Id" = incoming."Id")'
    )
    warehouse.execute("drop table incoming_logins")
    return rows


def _has_repeated(warehouse: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Tells whether an Id may stand in a table twice; compares hashes, a million rows at a time, to spare memory."""
    parts = 1 + row_count(warehouse, table) // _COMPARED_AT_ONCE
    counted = f'select count(*) > count(distinct hash("Id")) from {table} where hash("Id") % {parts} = ?'  # noqa: S608 - names of ours
    return any(repeated for part in range(parts) for (repeated,) in warehouse.execute(counted, [part]).fetchall())


def _make_table(warehouse: duckdb.DuckDBPyConnection) -> None:
    columns = BY_NAME[NAME].columns
    typed = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
    warehouse.execute(f"create table if not exists {TABLE} ({typed})")
    for name, kind in columns.items():  # a newer catalogue may ask for more than the table has
        warehouse.execute(f"alter table {TABLE} add column if not exists {identifier(name)} {kind}")


def _mark(warehouse: duckdb.DuckDBPyConnection) -> tuple[str | None, LoginWindow | None]:
    """Gives the org whose logins the table has, and between which moments every one is known."""
    warehouse.execute(
        "create table if not exists raw.login_window (org_id varchar, known_since timestamptz, known_until timestamptz)"
    )
    row = warehouse.execute("select org_id, known_since, known_until from raw.login_window").fetchone()
    if row is None:
        return None, None
    return row[0], LoginWindow(row[1], row[2]) if row[2] else None
