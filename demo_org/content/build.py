"""Builds an org: the cast first, then the crowd of ordinary people, then the counts that depend on both."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from demo_org.content import (
    identities,
    idle,
    logins,
    permissions,
    seats,
    sessions,
    sharing,
    staff,
    tokens,
)
from demo_org.content.access import Access
from demo_org.content.apps import Apps
from demo_org.content.cast import Cast
from demo_org.content.company import Company
from demo_org.content.crowd import add_crowd
from demo_org.content.defaults import set_defaults
from demo_org.content.ids import Ids
from demo_org.content.ledger import Ledger
from demo_org.content.planted import TABLES
from demo_org.schema import create_tables

FEWEST_USERS = 50
EVERYTHING_FROM = 200
"""From this size on every edge of every rule is planted; below it, what shows each finding type."""

THEMES = (sessions, logins, identities, permissions, sharing, tokens, idle, seats)


def build_org(path: Path, users: int, seed: int, now: datetime, *, is_sandbox: bool = False) -> None:
    """Builds an org's content into a new DuckDB file: schema `org`, and what was planted into schema `planted`.

    The same arguments give the same content. Time and memory are bounded: the crowd is made by a few statements
    within DuckDB, whatever its size.

    Args:
        path: The file; it must not exist yet.
        users: How many users the org has, its machines and the platform's own users included.
        seed: The same seed gives the same org.
        now: The org's moment, with a time zone; every age is measured from its whole second.
        is_sandbox: The org is a sandbox, in which no price is in force.

    Raises:
        FileExistsError: There is such a file.
        ValueError: Fewer than 50 users, a moment without a time zone, or a file called as one of its schemas.
    """
    if path.exists():
        raise FileExistsError(path)
    if path.stem in {"org", "planted"}:
        raise ValueError(f"DuckDB cannot tell a file called {path.name} from the schema {path.stem} in it")
    if users < FEWEST_USERS:
        raise ValueError(f"an org has at least {FEWEST_USERS} users, not {users}")
    if now.tzinfo is None:
        raise ValueError("the org's moment has no time zone")
    now = now.astimezone(UTC).replace(microsecond=0)
    ledger = Ledger(Ids(seed), now, is_sandbox=is_sandbox, everything=users >= EVERYTHING_FROM)
    try:
        with duckdb.connect(str(path)) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set memory_limit = '1GB'")
            # One transaction: two hundred small statements wait for the disk once
            connection.begin()
            _fill(connection, ledger, users, seed)
            connection.commit()
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _fill(connection: duckdb.DuckDBPyConnection, ledger: Ledger, users: int, seed: int) -> None:
    create_tables(connection)
    connection.execute(TABLES)
    set_defaults(connection, ledger)
    apps = Apps(ledger)
    company = Company(ledger)
    cast = Cast(ledger, company, Access(company), apps)
    staff.core(cast)
    for theme in THEMES:
        theme.core(cast)
    if ledger.everything:
        for theme in THEMES:
            theme.edges(cast)
    apps.write_down()
    ledger.land(connection)
    add_crowd(connection, cast, users, seed)
    seats.fill(connection, company, ledger)
    ledger.land(connection)
