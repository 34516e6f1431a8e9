"""Landing an object's pages in `raw`: one DuckDB statement over the files, no Python object for a row.

Each object is replaced in a transaction of its own; what cannot be read is there as an empty table with its types.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from spendready_pipeline.salesforce.connection import Reader
from spendready_pipeline.salesforce.extraction import Reading
from spendready_pipeline.salesforce.objects import FieldType, SalesforceObject
from spendready_pipeline.salesforce.refusals import OrgRefusal
from spendready_pipeline.warehouse import transaction

UNREADABLE = "UNREADABLE"
"""The code of a refusal of our own: an answer that does not have the documented types."""
WRONG_TYPES = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
"""What DuckDB raises for a page that does not have the documented types."""
_LEAST_OBJECT_BYTES = 32 * 1024 * 1024
"""DuckDB refuses a JSON document beyond a limit that has to be said beforehand; most pages are far smaller."""


@dataclass(frozen=True)
class ExtractedObject:
    """What became of an object.

    Attributes:
        object: Salesforce's name.
        table: Its table in `raw`.
        status: `read` whole, `short` of `count()`, `own_rows` of the reader alone, `hidden` or `failed`.
        rows: How many rows this snapshot read.
        count_before: `count()` before reading; None where it is not known.
        count_after: `count()` after reading.
        reason: Why the status is not `read`; empty where it is.
        cure: What to grant, or do, to have it read; empty where nothing helps.
        missing_fields: Fields of the catalogue that this org does not have or does not show.
        api_calls: Calls that it took.
        seconds: Time that reading took.
        bytes: The size of its pages, gzipped.
        known_since: Of LoginHistory, the moment since which logins are known without a gap; else None.
    """

    object: str
    table: str
    status: str
    rows: int
    count_before: int | None
    count_after: int | None
    reason: str
    cure: str
    missing_fields: tuple[str, ...]
    api_calls: int
    seconds: float
    bytes: int
    known_since: datetime | None = None


@dataclass(frozen=True)
class Rows:
    """What was landed of an object.

    Attributes:
        count: How many rows.
        users: The users that they belong to, on 15 characters; two at most, where the object asks for it.
    """

    count: int
    users: frozenset[str | None] = frozenset()


def land(warehouse: duckdb.DuckDBPyConnection, reading: Reading, reader: Reader) -> ExtractedObject:
    """Replaces an object's raw table with what was read of it.

    Args:
        warehouse: The org's warehouse.
        reading: The object's pages.
        reader: Who read.
    """
    target = f'raw."{reading.object.table}"'
    try:
        with transaction(warehouse, "raw"):
            rows = land_pages(warehouse, reading, target)
    except WRONG_TYPES:
        give_up_landing(reading)
        with transaction(warehouse, "raw"):
            rows = land_pages(warehouse, reading, target)
    return extracted(reading, reader, rows)


def land_pages(warehouse: duckdb.DuckDBPyConnection, reading: Reading, target: str, temporary: bool = False) -> Rows:
    """Makes a table from an object's pages, empty where there are none.

    Args:
        warehouse: The org's warehouse, in a transaction.
        reading: The object's pages.
        target: The table, as SQL has to name it.
        temporary: Whether it ends with the connection.

    Raises:
        duckdb.Error: `WRONG_TYPES` where a page is not what Salesforce's types promise.
    """
    wanted = reading.object
    create = f"create or replace {'temporary ' if temporary else ''}table {target}"
    names = {**wanted.columns, **{name: kind for part in reading.slices for name, kind in part.fields.items()}}
    if not any(part.files for part in reading.slices):
        columns = ", ".join(f'"{name}" {kind}' for name, kind in names.items())
        warehouse.execute(f"{create} ({columns})")
        return Rows(0)
    warehouse.execute("set preserve_insertion_order = false")
    read = {name for part in reading.slices for name in part.fields}
    parameters: dict[str, list[str]] = {}
    sources = []
    for number, part in enumerate(reading.slices):
        # A key that no record has gives NULL: what the org does not have is asked for with the first slice.
        absent = {} if number else {name: kind for name, kind in names.items() if name not in read}
        parameters[f"files{number}"] = [_not_a_pattern(path) for path in part.files]
        sources.append(_records(f"files{number}", part.fields | absent, reading.largest_page))
    joined = sources[0] + "".join(f' join {source} using ("Id")' for source in sources[1:])
    columns = ", ".join(f'"{name}"' for name in names)
    warehouse.execute(f"{create} as select {columns} from {joined}", parameters)
    return _measured(warehouse, wanted, target)


def _records(parameter: str, fields: Mapping[str, FieldType], largest_page: int) -> str:
    """Gives the rows of some pages as a table expression.

    `done` is named only because DuckDB reads a file with a single wanted key twelve times slower.
    """
    record = ", ".join(f'"{name}" {kind}' for name, kind in fields.items())
    return (
        f"(select unnest(record) from (select unnest(records) as record from read_json(${parameter}, "
        f"compression = 'gzip', columns = {{done: 'BOOLEAN', records: 'STRUCT({record})[]'}}, "
        f"maximum_object_size = {max(_LEAST_OBJECT_BYTES, largest_page + 1024)})))"
    )


def _not_a_pattern(path: Path) -> str:
    """Writes a path so that DuckDB takes none of it for a glob."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _measured(warehouse: duckdb.DuckDBPyConnection, wanted: SalesforceObject, table: str) -> Rows:
    count = _value(warehouse.execute(f"select count(*) from {table}"))
    if not wanted.own_rows_field:
        return Rows(count)
    users = warehouse.execute(f'select distinct left("{wanted.own_rows_field}", 15) from {table} limit 2').fetchall()
    return Rows(count, frozenset(user for (user,) in users))


def give_up_landing(reading: Reading) -> None:
    """Notes that an object's pages were read and could not be landed."""
    reading.refused = OrgRefusal("", status=200, code=UNREADABLE)
    reading.slices = []


def extracted(reading: Reading, reader: Reader, rows: Rows) -> ExtractedObject:
    """Says what became of an object."""
    wanted = reading.object
    status, reason, cure = _outcome(reading, reader, rows)
    return ExtractedObject(
        object=wanted.name,
        table=wanted.table,
        status=status,
        rows=rows.count,
        count_before=reading.count_before,
        count_after=reading.count_after,
        reason=reason,
        cure=cure,
        missing_fields=reading.missing_fields,
        api_calls=reading.api_calls,
        seconds=round(reading.seconds, 3),
        bytes=reading.bytes,
    )


def _outcome(reading: Reading, reader: Reader, rows: Rows) -> tuple[str, str, str]:
    wanted, before, after = reading.object, reading.count_before, reading.count_after
    if reading.refused and reading.refused.hides:
        return "hidden", f"the org does not show {wanted.name} to this login", wanted.cure
    if reading.refused:
        return "failed", _failure(reading.refused), ""
    if shows_own_rows(wanted, reader, rows.users):
        return "own_rows", f"Salesforce shows this login only its own rows of {wanted.name}", wanted.cure
    if before is None or after is None:
        return "short", "Salesforce took too long to count the rows, so it is not known whether all were read", ""
    if not min(before, after) <= rows.count <= max(before, after):
        said = f"{before:,}" if before == after else f"{before:,} before and {after:,} after"
        return "short", f"{rows.count:,} rows were read, count() said {said}", ""
    return "read", "", ""


def _failure(refused: OrgRefusal) -> str:
    if refused.code == UNREADABLE:
        return "Salesforce's answer does not have the types that it documents"
    return f"Salesforce answered {refused.code or 'with an error'} (HTTP {refused.status})"


def shows_own_rows(wanted: SalesforceObject, reader: Reader, users: frozenset[str | None]) -> bool:
    """Tells whether the reader sees only its own rows of an object.

    Its permissions decide. Where they may not be asked, rows that all belong to the reader mean the same, and so does
    no row at all: neither proves that there is no other.
    """
    if not wanted.own_rows_without:
        return False
    lacks = reader.lacks_all(wanted.own_rows_without)
    if lacks is not None:
        return lacks
    return users <= {reader.user_id[:15]} if reader.user_id else len(users) <= 1


def _value(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row else 0
