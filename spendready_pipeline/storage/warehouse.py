"""Opening an org's warehouse, locked down. What its tables hold is the business of those who write them.

A DuckDB file admits one process at a time while it is open for writing: open late, close early.

SQL reads and writes no file but the warehouse and the folders that it was opened with, loads no extension, and changes
no setting: a name or a text of an org that got into SQL by mistake could do no harm outside. Such names and texts go
into SQL through `identifier` and `literal` alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import duckdb

from spendready_pipeline.errors import DISK_FULL, DiskFullError, OrgError

MEMORY_LIMIT = "2GB"
"""What DuckDB may hold in memory; beyond it, it spills to a folder beside the file."""
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
"""How every DuckDB database is opened."""


def identifier(name: str) -> str:
    """Quotes a name for SQL, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quotes a text for SQL, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def open_warehouse(
    path: Path,
    read_only: bool = False,
    folders: Sequence[Path] = (),
    config: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens a warehouse, with times in UTC; it is closed again whatever happens.

    Several connections of one process may be open at once, provided that they were opened alike.

    Args:
        path: The DuckDB file; made, with its folder, where it is not there and `read_only` is false.
        read_only: Whether nothing may be written.
        folders: Where SQL may read and write files. No other file can be reached.
        config: DuckDB's settings; its own defaults, and `MEMORY_LIMIT`, hold for the others.

    Raises:
        OrgError: The file is held by another process, is no DuckDB database, or is not there to be read; or the disk
            became full.
    """
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = connect_locked(path, read_only, {"memory_limit": MEMORY_LIMIT} | dict(config), folders)
    except duckdb.Error as failure:
        raise _cannot_open(path, str(failure)) from None
    try:
        yield connection
    except duckdb.Error as failure:
        if DISK_FULL in str(failure):
            raise DiskFullError(str(path)) from None
        raise
    finally:
        connection.close()


def connect_locked(
    path: Path, read_only: bool, config: Mapping[str, str] = MappingProxyType({}), folders: Sequence[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """Connects to a database and closes the way to other files and settings, for this process.

    Args:
        path: The DuckDB file.
        read_only: Whether nothing may be written.
        config: DuckDB's settings.
        folders: Where SQL may read and write files.

    Raises:
        duckdb.Error: It cannot be opened.
    """
    spill = {"temp_directory": str(path.with_name(f"{path.name}.tmp"))}
    connection = duckdb.connect(str(path), read_only=read_only, config=LOCKED | spill | dict(config))
    try:
        ((locked,),) = connection.execute("select current_setting('lock_configuration')").fetchall()
        if not locked:  # by another connection of this process
            _lock(connection, folders)
    except BaseException:
        connection.close()
        raise
    return connection


def _lock(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    # `allowed_directories` cannot be set when the database is opened, nor once external access is off (DuckDB,
    # Securing DuckDB). Global, so that the connection's cursors keep it.
    allowed = ", ".join(literal(f"{folder.resolve()}/") for folder in folders)
    connection.execute("set global TimeZone = 'UTC'")
    connection.execute(f"set allowed_directories = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, schema: str) -> Iterator[None]:
    """Commits what the block did in a schema, or nothing of it; the schema is made where it is not there."""
    connection.begin()
    try:
        connection.execute(f"create schema if not exists {identifier(schema)}")
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
    return {table: row_count(connection, f"{identifier(schema)}.{identifier(table)}") for schema, table in tables}


def row_count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    """Counts the rows of a table.

    Args:
        connection: Where it is.
        source: The table, as SQL has to name it.
    """
    ((rows,),) = connection.execute(f"select count(*) from {source}").fetchall()  # noqa: S608 - as its callers name it
    return int(rows)


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
