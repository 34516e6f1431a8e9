"""Taking back a snapshot that a wrong clock dated: nothing that is queried, reported or compared counts it any more.

Its evidence stays, and an entry in the chain of evidence says that it was taken back, when, by whom and why. The entry
comes first and every later step can be repeated, so a command that was interrupted is simply given again.
"""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from spendready_pipeline.delivery.outbox import open_outbox
from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.evidence.archive import FORGET, Incoming, forgotten_snapshots
from spendready_pipeline.evidence.ledger import read_ledger
from spendready_pipeline.publish.week import withdraw
from spendready_pipeline.salesforce.extract.record import forget as forget_reading
from spendready_pipeline.storage.files import OrgFiles, snapshot_moment
from spendready_pipeline.storage.warehouse import open_warehouse, transaction

_NEWEST_LISTED = 5
_DATED_TABLES = (
    ("marts", "snapshots", "snapshot_at"),
    ("intermediate", "int_observations", "snapshot_at"),
    ("intermediate", "int_assignments_first_seen", "first_seen_at"),
)
"""What the warehouse remembers of each snapshot, and the column that says of which."""


@dataclass(frozen=True)
class Forgotten:
    """What taking a snapshot back did.

    Attributes:
        entry: The entry in the evidence that says so.
        rows: How many rows the warehouse had of it.
        published: The week that is published now; None where none is left; empty where it was another one before.
    """

    entry: str
    rows: int
    published: str | None


def org_of_snapshot(orgs: Sequence[OrgFiles], name: str) -> OrgFiles:
    """Finds the one org among these that has a snapshot.

    Raises:
        ConfigurationError: None has it, or more than one.
    """
    having = [files for files in orgs if name in _snapshots(files)]
    if len(having) == 1:
        return having[0]
    if having:
        raise ConfigurationError(
            f"{', '.join(files.org for files in having)} each have a snapshot {name}", "Name one with --org"
        )
    known = "; ".join(f"{files.org}: {', '.join(_snapshots(files)[-_NEWEST_LISTED:]) or 'none'}" for files in orgs)
    raise ConfigurationError(f"There is no snapshot {name}", f"The newest are: {known}")


def forget_snapshot(files: OrgFiles, name: str, local_now: datetime, reason: str = "") -> Forgotten:
    """Takes a snapshot back.

    Args:
        files: The org's.
        name: The snapshot, as its folder is called.
        local_now: This machine's clock.
        reason: Why, for the record.

    Raises:
        OrgError: A run of the org is under way, or its files cannot be written.
    """
    lock = FileLock(files.lock, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OrgError(f"{files.org}: a run of this org is under way", "Wait until it has ended") from None
    moment = snapshot_moment(name)
    assert moment, "an org has snapshots by such names alone"  # noqa: S101
    try:
        entry = forgotten_snapshots(files).get(name) or _recorded(files, name, local_now, reason)
        rows, followers = _taken_from_warehouse(files, name, moment)
        published = "" if moment in followers else withdraw(files, moment)
        if not followers:
            files.report(moment.date()).unlink(missing_ok=True)
            if files.deliveries.exists():
                with open_outbox(files.deliveries) as deliveries:
                    deliveries.forget(moment.date().isoformat())
    finally:
        lock.release()
    return Forgotten(entry, rows, published)


def _snapshots(files: OrgFiles) -> list[str]:
    """Returns the snapshots of an org by their folder names, the oldest first."""
    return sorted(each.folder for each in read_ledger(files) or () if snapshot_moment(each.folder))


def _recorded(files: OrgFiles, name: str, local_now: datetime, reason: str) -> str:
    about: dict[str, Any] = {
        "org": files.org,
        "about": [name],
        "what": "taken back: its findings do not count, its evidence is kept",
        "at": local_now.isoformat(),
        "by": getpass.getuser(),
        "reason": reason or None,
        "objects": [],
    }
    return Incoming(files, local_now, FORGET).seal(about).folder


def _taken_from_warehouse(files: OrgFiles, name: str, moment: datetime) -> tuple[int, set[datetime]]:
    """Deletes what the warehouse has of a snapshot.

    Returns:
        How many rows of findings and coverage it had, and the moments of other audits of the same day: they have
        replaced it, and its report.
    """
    if not files.warehouse.exists():
        return 0, set()
    with open_warehouse(files.warehouse) as warehouse:
        known = set(warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall())
        if ("raw", "snapshot") in known and _folder_of_raw(warehouse) == name:
            forget_reading(warehouse)
        with transaction(warehouse, "raw"):
            return _history_deleted(warehouse, known, name, moment)


def _history_deleted(
    warehouse: duckdb.DuckDBPyConnection, known: set[tuple[str, str]], name: str, moment: datetime
) -> tuple[int, set[datetime]]:
    followers: set[datetime] = set()
    if ("marts", "snapshots") in known:
        others = "select snapshot_at from marts.snapshots where snapshot_date = ? and evidence_folder <> ?"
        followers = {at for (at,) in warehouse.execute(others, [moment.date(), name]).fetchall()}
    if moment in followers:
        return 0, followers
    deleted = {
        table: _deleted(warehouse, f"{schema}.{table}", column, moment)
        for schema, table, column in _DATED_TABLES
        if (schema, table) in known
    }
    if ("raw", "login_window") in known:
        # How far logins were read is not known any more: the next run reads six months. Those that are stored stay.
        warehouse.execute(
            "update raw.login_window set known_since = null, known_until = null where known_until = ?", [moment]
        )
    return deleted.get("int_observations", 0), followers


def _folder_of_raw(warehouse: duckdb.DuckDBPyConnection) -> str | None:
    row = warehouse.execute("select evidence_folder from raw.snapshot").fetchone()
    return row[0] if row else None


def _deleted(warehouse: duckdb.DuckDBPyConnection, table: str, column: str, moment: datetime) -> int:
    row = warehouse.execute(f"delete from {table} where {column} = ?", [moment]).fetchone()  # noqa: S608 - names of ours
    return int(row[0]) if row else 0
