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

from spendready_pipeline.salesforce.connection import Reader
from spendready_pipeline.salesforce.extraction import Count, Reading, Scope
from spendready_pipeline.salesforce.landing import (
    WRONG_TYPES,
    ExtractedObject,
    extracted,
    give_up_landing,
    land_pages,
)
from spendready_pipeline.salesforce.pieces import TimeWindow
from spendready_pipeline.salesforce.soql import literal
from spendready_pipeline.warehouse import transaction

NAME = "LoginHistory"
RETENTION = timedelta(days=183)
"""What Salesforce keeps: six months (Object Reference, LoginHistory)."""
KEPT = timedelta(days=400)
OVERLAP = timedelta(days=1)
"""Logins of the last day are read again: a row may be written a little after its LoginTime."""
ROWS_A_WINDOW = 20_000
"""Ten pages: enough windows to read several at once, few enough to cost no calls."""
MOST_WINDOWS = 64
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

    Args:
        warehouse: The org's warehouse.
        reading: The pages of LoginHistory.
        reader: Who read.
        org_id: The org; logins of another one are dropped.
        window: What is known once everything is there (`next_window`).
        delete_before: Stored logins older than this are deleted (`prune_before`); None: none are.
    """
    try:
        return _land(warehouse, reading, reader, org_id, window, delete_before)
    except WRONG_TYPES:
        give_up_landing(reading)
        return _land(warehouse, reading, reader, org_id, window, delete_before)


def _land(
    warehouse: duckdb.DuckDBPyConnection,
    reading: Reading,
    reader: Reader,
    org_id: str,
    window: LoginWindow,
    delete_before: datetime | None,
) -> ExtractedObject:
    table = f"raw.{reading.object.table}"
    with transaction(warehouse, "raw"):
        rows = land_pages(warehouse, reading, "incoming_logins", temporary=True)
        _make_table(warehouse, reading, table)
        marked_org, known = _mark(warehouse)
        if marked_org != org_id:
            known = None
            warehouse.execute(f"delete from {table}")
        warehouse.execute(
            f"insert into {table} by name select * from incoming_logins as incoming "
            'where rowid in (select min(rowid) from incoming_logins group by "Id") '
            f'and not exists (from {table} as known where known."Id" = incoming."Id")'
        )
        warehouse.execute("drop table incoming_logins")
        if delete_before:
            warehouse.execute(f'delete from {table} where "LoginTime" < ?', [delete_before])
        landed = extracted(reading, reader, rows)
        if landed.status == "read":
            known = window
            landed = replace(landed, known_since=window.since)
        warehouse.execute("delete from raw.login_window")
        since, until = (known.since, known.until) if known else (None, None)
        warehouse.execute("insert into raw.login_window values (?, ?, ?)", [org_id, since, until])
    return landed


def _make_table(warehouse: duckdb.DuckDBPyConnection, reading: Reading, table: str) -> None:
    columns = reading.object.columns
    typed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    warehouse.execute(f"create table if not exists {table} ({typed})")
    for name, kind in columns.items():  # a newer catalogue may ask for more than the table has
        warehouse.execute(f'alter table {table} add column if not exists "{name}" {kind}')


def _mark(warehouse: duckdb.DuckDBPyConnection) -> tuple[str | None, LoginWindow | None]:
    """Gives the org whose logins the table has, and between which moments every one is known."""
    warehouse.execute(
        "create table if not exists raw.login_window (org_id varchar, known_since timestamptz, known_until timestamptz)"
    )
    row = warehouse.execute("select org_id, known_since, known_until from raw.login_window").fetchone()
    if row is None:
        return None, None
    return row[0], LoginWindow(row[1], row[2]) if row[2] else None
