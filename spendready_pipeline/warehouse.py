"""Opening an org's warehouse. What its tables hold is the business of those who write them.

A DuckDB file admits one process at a time while it is open for writing: open late, close early.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from spendready_pipeline.errors import NO_ROOM, OrgError, full_disk

MEMORY_LIMIT = "2GB"
"""What DuckDB may hold in memory; beyond it, it spills to a folder beside the file."""


@contextmanager
def open_warehouse(
    path: Path, read_only: bool = False, memory_limit: str = MEMORY_LIMIT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens a warehouse, with times in UTC; it is closed again whatever happens.

    Several connections of one process may be open at once, provided that they were opened alike.

    Args:
        path: The DuckDB file; made, with its folder, where it is not there and `read_only` is false.
        read_only: Whether nothing may be written.
        memory_limit: In DuckDB's words, e.g. `2GB`.

    Raises:
        OrgError: The file is held by another process, is no DuckDB database, or is not there to be read; or the disk
            became full.
    """
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    spill = str(path.with_name(f"{path.name}.tmp"))
    try:
        connection = duckdb.connect(
            str(path), read_only=read_only, config={"memory_limit": memory_limit, "temp_directory": spill}
        )
    except duckdb.Error as failure:
        raise _cannot_open(path, str(failure)) from None
    try:
        # Global, so that the connection's cursors keep it.
        connection.execute("set global TimeZone = 'UTC'")
        yield connection
    except duckdb.Error as failure:
        if NO_ROOM in str(failure):
            raise full_disk(str(path)) from None
        raise
    finally:
        connection.close()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, schema: str) -> Iterator[None]:
    """Commits what the block did in a schema, or nothing of it; the schema is made where it is not there."""
    connection.begin()
    try:
        connection.execute(f"create schema if not exists {schema}")
        yield
        connection.commit()
    except BaseException:
        # DuckDB itself ends a transaction that finds no room on the disk; what happened is to be told, not that.
        with suppress(duckdb.TransactionException):
            connection.rollback()
        raise


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Counts the rows of every table that is no view, by the table's name; the org's own `raw` is left out."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where schema_name not in ('raw', 'policy')"
    ).fetchall()
    counts = (connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone() for schema, table in tables)
    return {table: count[0] for (_, table), count in zip(tables, counts, strict=True) if count}


def _cannot_open(path: Path, message: str) -> OrgError:
    where = f"{path.parent.name}/{path.name}"
    if any(sign in message for sign in ("Could not set lock", "different configuration", "already attached")):
        holder = re.search(r"PID (\d+)", message)
        return OrgError(
            f"{where} is held by another program{f' (process {holder[1]})' if holder else ''}",
            "Wait for the run that uses it, or close the program that has it open; "
            "for queries open published/findings.duckdb, which is never locked",
        )
    if not path.exists():
        return OrgError(f"{where} is not there", "No run of this org has ended yet: spendready run makes it")
    return OrgError(
        f"{where} cannot be opened as a DuckDB database",
        "It is damaged, or another major version of DuckDB wrote it: put back a copy, or move it away and begin anew",
    )
