"""Landing an object's pages in `raw`: DuckDB statements over unpacked pages, no Python object for a row.

Each object is replaced in a transaction of its own; what cannot be read is there as an empty table with its types.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeVar

import duckdb

from spendready_pipeline.catalog.salesforce_objects import FieldType
from spendready_pipeline.salesforce.client.api_errors import UNREADABLE, SalesforceApiError
from spendready_pipeline.salesforce.client.connection import Reader
from spendready_pipeline.salesforce.client.unpacking import (
    EARLIEST,
    LATEST,
    WHOLE_NUMBER,
    NoRecords,
    OddPage,
    RecordsFile,
    Replaced,
    UnpackedPages,
    clean,
    unpack,
)
from spendready_pipeline.salesforce.extract.objects import Reading, Slice
from spendready_pipeline.salesforce.extract.visibility import Seen, Visibility, refused_visibility, visibility
from spendready_pipeline.storage.warehouse import identifier, row_count, transaction

WRONG_TYPES = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
"""What DuckDB raises for a page that does not have the documented types."""
_READ_AS = {FieldType.BOOLEAN: "VARCHAR", FieldType.INT: "VARCHAR"}
"""Types that DuckDB would read from too much: 'yes' as true, 1.5 as 2."""
_BATCH_BYTES = 32 * 1024 * 1024
"""Unpacked pages that one statement loads: enough to keep every core busy, few enough for little memory."""
_ROOM = 64 * 1024
"""DuckDB refuses a longer JSON document than it was told of; none is longer than its file."""
Result = TypeVar("Result")


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
        remediation: What to grant, or do, to have it read; empty where nothing helps.
        missing_fields: Fields of the catalogue that this org does not have or does not show.
        api_calls: Calls that it took.
        seconds: Time that reading took.
        bytes: The size of its pages, gzipped.
        known_since: Of LoginHistory, the moment since which logins are known without a gap; else None.
        replaced: Odd values that were replaced.
    """

    object: str
    table: str
    status: str
    rows: int
    count_before: int | None
    count_after: int | None
    reason: str
    remediation: str
    missing_fields: tuple[str, ...]
    api_calls: int
    seconds: float
    bytes: int
    known_since: datetime | None = None
    replaced: Replaced = field(default_factory=Replaced)


@dataclass(frozen=True)
class Rows:
    """What was landed of an object.

    Attributes:
        count: How many rows.
        users: The users that they belong to, on 15 characters; two at most, where the object asks for it.
        replaced: Odd values among them.
    """

    count: int
    users: frozenset[str | None] = frozenset()
    replaced: Replaced = field(default_factory=Replaced)


def land(warehouse: duckdb.DuckDBPyConnection, reading: Reading, reader: Reader) -> ExtractedObject:
    """Replaces an object's raw table with what was read of it.

    Args:
        warehouse: The org's warehouse.
        reading: The object's pages.
        reader: Who read.
    """
    target = f"raw.{identifier(reading.object.table)}"

    def attempt(replaced: Replaced | None) -> Rows:
        with transaction(warehouse, "raw"), Loading(warehouse, reading, replaced) as loading:
            return loading.make_table(target)

    rows = whatever_the_values(reading, attempt)
    return extracted(reading, reader, rows)


class _Refused(Exception):
    """Salesforce refused the object after some of its pages were loaded."""


def whatever_the_values(reading: Reading, attempt: Callable[[Replaced | None], Result]) -> Result:
    """Loads an object as it is; where a value is odd, again without such values; where a page is none, as unreadable.

    Args:
        reading: The object's pages.
        attempt: Loads them, all or none: as they are where it is given None, else with odd values replaced.
    """
    try:
        return attempt(None)
    except _Refused:
        return attempt(None)
    except (*WRONG_TYPES, OddPage):
        pass
    try:
        return attempt(Replaced())
    except _Refused:
        return attempt(None)
    except (*WRONG_TYPES, NoRecords):
        give_up_landing(reading)
        return attempt(None)


class Loading:
    """Brings an object's pages into tables, a few megabytes at a time; use it in a transaction.

    An object may be loaded while it is still being read: whoever waits for its pages here is given them as they come.

    Args:
        warehouse: The org's warehouse.
        reading: The object's pages.
        replaced: Odd values are replaced and noted here. None: they end the attempt.

    Every method raises `WRONG_TYPES`, `OddPage` or `NoRecords` where the pages cannot be loaded in this way.
    """

    def __init__(
        self,
        warehouse: duckdb.DuckDBPyConnection,
        reading: Reading,
        replaced: Replaced | None,
    ) -> None:
        self._warehouse = warehouse
        self._reading = reading
        self._replaced = replaced
        self._ending = ExitStack()
        self._pages = reading.unpacked or UnpackedPages(Path(self._ending.enter_context(TemporaryDirectory())))
        self._unpacker = ThreadPoolExecutor(1)
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        self._unpacker.shutdown(cancel_futures=True)
        self._ending.close()

    @property
    def columns(self) -> dict[str, FieldType]:
        """The catalogue's columns and those that this org has besides."""
        read = {name: kind for part in self._reading.slices for name, kind in part.fields.items()}
        return {**self._reading.object.columns, **read}

    def make_table(self, target: str, temporary: bool = False) -> Rows:
        """Makes a table of everything that was read, empty where nothing was.

        Args:
            target: The table, as SQL has to name it.
            temporary: Whether it ends with the connection.
        """
        kind = "temporary table" if temporary else "table"
        slices = self._reading.parts()
        if len(slices) < 2:
            self._warehouse.execute(f"create or replace {kind} {target} ({_typed(self.columns)})")
            return self.fill(target)
        for number, part in enumerate(slices):
            self._warehouse.execute(f"create or replace temporary table slice_{number} ({_typed(part.fields)})")
            self.add(part, f"slice_{number}")
        read = {name for part in slices for name in part.fields}
        values = ", ".join(
            identifier(name) if name in read else f"null::{kind} as {identifier(name)}"
            for name, kind in self.columns.items()
        )
        joined = "slice_0" + "".join(f' join slice_{number} using ("Id")' for number in range(1, len(slices)))
        self._warehouse.execute(f"create or replace {kind} {target} as select {values} from {joined}")  # noqa: S608 - quoted names
        for number in range(len(slices)):
            self._warehouse.execute(f"drop table slice_{number}")
        return self.measured(target)

    def fill(self, target: str) -> Rows:
        """Adds everything that was read, of fields that were read together, to an empty table that has the columns.

        Args:
            target: The table, as SQL has to name it.
        """
        for part in self._reading.parts():
            self.add(part, target)
        return self.measured(target)

    def add(self, part: Slice, target: str) -> None:
        """Adds the rows of some fields to a table that has them as columns; the next pages are unpacked meanwhile.

        Args:
            part: The fields and their pages.
            target: The table, as SQL has to name it.
        """
        batches = self._batches(part)
        following = self._unpacker.submit(next, batches, None)
        while batch := following.result():
            following = self._unpacker.submit(next, batches, None)
            self._insert(part.fields, batch, target)
            for file in batch:
                self._pages.release(file)
        if self._reading.refused:
            raise _Refused

    def measured(self, target: str) -> Rows:
        """Counts what a table has, and whose it is where the object asks for it."""
        self._check(target)
        count, replaced = row_count(self._warehouse, target), self._replaced or Replaced()
        if not self._reading.object.own_rows_field:
            return Rows(count, replaced=replaced)
        owner = identifier(self._reading.object.own_rows_field)
        users = self._warehouse.execute(f"select distinct left({owner}, 15) from {target} limit 2").fetchall()  # noqa: S608 - quoted names
        return Rows(count, frozenset(user for (user,) in users), replaced)

    def _batches(self, part: Slice) -> Iterator[list[RecordsFile]]:
        """Unpacks pages; gives so many files that they are worth a statement."""
        batch: list[RecordsFile] = []
        for page in self._reading.files(part, lambda: not self._is_closed):
            batch.append(self._unpacked(page, part))
            if sum(file.size for file in batch) >= _BATCH_BYTES:
                yield batch
                batch = []
        if batch:
            yield batch

    def _unpacked(self, page: Path, part: Slice) -> RecordsFile:
        if self._replaced is not None:
            return self._pages.write(clean(page, part.fields, self._replaced))
        return self._pages.take(page) or self._pages.write(unpack(page))

    def _insert(self, fields: Mapping[str, FieldType], batch: list[RecordsFile], target: str) -> None:
        names = ", ".join(map(identifier, fields))
        values = ", ".join(_value(identifier(name), kind) for name, kind in fields.items())
        self._warehouse.execute(
            f"insert into {target} ({names}) select {values} from read_json($files, format = 'array', "  # noqa: S608 - quoted names
            "compression = 'none', columns = $columns, maximum_object_size = $longest)",
            {
                "files": [_not_a_pattern(file.path) for file in batch],
                "columns": {name: _READ_AS.get(kind, str(kind)) for name, kind in fields.items()},
                "longest": max(file.size for file in batch) + _ROOM,
            },
        )

    def _check(self, target: str) -> None:
        """Looks for values that DuckDB accepts and Salesforce cannot have sent; its statistics answer for most rows.

        Raises:
            OddPage: There may be one.
        """
        if self._replaced is not None:
            return
        conditions = [
            f"(({name} >= '[' and {name} < '\\') or ({name} >= '{{' and {name} < '|'))"  # JSON within JSON
            if kind is FieldType.TEXT
            else f"({name} < '{EARLIEST}-01-01'::{kind} or {name} >= '{LATEST + 1}-01-01'::{kind})"
            for name, kind in ((identifier(name), kind) for name, kind in self.columns.items())
            if kind in (FieldType.TEXT, FieldType.DATE, FieldType.DATETIME)
        ]
        if row_count(self._warehouse, f"{target} where {' or '.join(conditions)}"):
            raise OddPage


def _typed(fields: Mapping[str, FieldType]) -> str:
    return ", ".join(f"{identifier(name)} {kind}" for name, kind in fields.items())


def _value(name: str, kind: FieldType) -> str:
    """Gives a field's value as DuckDB has read it; where it takes more for such a value than JSON, an error."""
    if kind is FieldType.BOOLEAN:
        return f"case {name} when 'true' then true when 'false' then false else {_odd_unless_null(name)} end"
    if kind is FieldType.INT:
        number = f"cast(split_part({name}, '.', 1) as bigint)"
        return f"case when regexp_full_match({name}, '{WHOLE_NUMBER}') then {number} else {_odd_unless_null(name)} end"
    return name


def _odd_unless_null(name: str) -> str:
    return f"case when {name} is not null then error('not of its type') end"


def _not_a_pattern(path: Path) -> str:
    """Writes a path so that DuckDB takes none of it for a glob."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def give_up_landing(reading: Reading) -> None:
    """Notes that an object's pages were read and could not be landed."""
    reading.refused = SalesforceApiError("", status=200, code=UNREADABLE)
    reading.slices = []


def extracted(reading: Reading, reader: Reader, rows: Rows) -> ExtractedObject:
    """Says what became of an object."""
    wanted = reading.object
    found = _visibility(reading, reader, rows)
    return ExtractedObject(
        object=wanted.name,
        table=wanted.table,
        status=found.status,
        rows=rows.count,
        count_before=reading.count_before,
        count_after=reading.count_after,
        reason=found.reason,
        remediation=found.remediation,
        missing_fields=reading.missing_fields,
        api_calls=reading.api_calls,
        seconds=round(reading.seconds, 3),
        bytes=reading.bytes,
        replaced=rows.replaced,
    )


def _visibility(reading: Reading, reader: Reader, rows: Rows) -> Visibility:
    if reading.refused:
        return refused_visibility(reading.object, reading.refused)
    return visibility(reading.object, reader, Seen(rows.count, reading.count_before, reading.count_after, rows.users))
