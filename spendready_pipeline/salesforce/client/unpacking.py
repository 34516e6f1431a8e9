"""Turns stored pages into JSON arrays of records, the form that DuckDB reads fastest, and cleans odd values.

A page of normal values is only unpacked. A value that its field cannot have (half a surrogate pair, bytes that are not
UTF-8, NUL, text instead of a number, a date that does not exist) is replaced: in text, wrong characters become U+FFFD;
any other value becomes null. The evidence keeps the page as it arrived.
"""

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from spendready_pipeline.catalog.salesforce_objects import FieldType
from spendready_pipeline.salesforce.client.bounds import unpacked

EARLIEST, LATEST = 1700, 4000
"""The years that a date or time of Salesforce may have (SOAP API Developer Guide, Primitive Data Types)."""
WHOLE_NUMBER = r"-?[0-9]{1,18}(\.0+)?"
"""A number of an integer field, as JSON or as text."""
_HEAD_BYTES = 2048
_ESCAPE, _NUL = b"\\", b"\\u0000"
_NO_CHARACTER = re.compile("[\x00\ud800-\udfff]")
"""NUL, half a surrogate pair, and what `surrogateescape` turns a byte into that is not UTF-8."""
_NUMBER = re.compile(WHOLE_NUMBER)


class OddPage(Exception):
    """A page may have odd values, or its envelope after the records: it has to be parsed in full."""


class NoRecords(Exception):
    """A page is not JSON of records."""


class _Odd(Exception):
    """A field cannot have this value."""


class _Token(str):
    """A number as JSON has it."""


@dataclass
class Replaced:
    """The odd values of an object.

    Attributes:
        records: How many records had one or more.
        fields: How many records had one, by field.
    """

    records: int = 0
    fields: Counter[str] = field(default_factory=Counter)


def unpack(page: Path) -> memoryview:
    """Returns the records of a page unchanged, as a JSON array.

    Args:
        page: The page, gzipped.

    Raises:
        OddPage: It has to be parsed.
    """
    return records_of(_plain(page))


def records_of(plain: bytes) -> memoryview:
    """Returns the records of a page unchanged, as a JSON array.

    Raises:
        OddPage: It has to be parsed.
    """
    head, found, _ = plain[:_HEAD_BYTES].partition(b'"records"')
    start, end = plain.find(b"[", len(head)), plain.rfind(b"}")
    if not found or not 0 < start < end or (_ESCAPE in plain and _NUL in plain):
        raise OddPage
    return memoryview(plain)[start:end]


@dataclass(frozen=True)
class RecordsFile:
    """A file with the records of one page, a JSON array.

    Attributes:
        path: Its path.
        size: Its length in bytes.
    """

    path: Path
    size: int


class UnpackedPages:
    """Files with the records of pages, for DuckDB to read; those unpacked on arrival need not be unpacked again.

    Files are reused: overwriting one takes far less time than creating another.

    Args:
        folder: The folder of the files.
        max_bytes: The limit for all pages that wait to be loaded; pages beyond it are unpacked when they are loaded.
    """

    def __init__(self, folder: Path, max_bytes: int = 512 * 1024 * 1024) -> None:
        self._folder = folder
        self._room = max_bytes
        self._waiting: dict[Path, RecordsFile] = {}
        self._free: list[Path] = []
        self._count = 0
        self._lock = threading.Lock()

    def put(self, page: Path, records: memoryview) -> None:
        """Stores the records of a page, where the limit allows it.

        Args:
            page: The page in the evidence.
            records: Its records, a JSON array.
        """
        with self._lock:
            if self._room < records.nbytes:
                return
            self._room -= records.nbytes
        self._waiting[page] = self.write(records)

    def take(self, page: Path) -> RecordsFile | None:
        """Returns the file of a page's records; None where the page has to be unpacked."""
        file = self._waiting.pop(page, None)
        if file:
            with self._lock:
                self._room += file.size
        return file

    def write(self, records: bytes | memoryview) -> RecordsFile:
        """Writes records to a file that stays reserved until it is released."""
        with self._lock:
            is_new = not self._free
            self._count += is_new
            path = self._folder / f"{self._count:05}.json" if is_new else self._free.pop()
        with path.open("xb" if is_new else "r+b") as file:
            size = file.write(records)
            file.truncate()
        return RecordsFile(path, size)

    def release(self, file: RecordsFile) -> None:
        """Takes a file back for reuse."""
        with self._lock:
            self._free.append(file.path)


def clean(page: Path, fields: Mapping[str, FieldType], replaced: Replaced) -> bytes:
    """Writes a page's records with odd values replaced.

    Args:
        page: The page, gzipped.
        fields: The fields to keep, with their types.
        replaced: Counts what is replaced.

    Raises:
        NoRecords: It is not JSON of records.
    """
    text = _plain(page).decode("utf-8-sig", errors="surrogateescape")
    try:
        # Control characters in text are allowed, numbers are kept as written, NaN is not a value.
        parsed = json.loads(text, strict=False, parse_int=_Token, parse_float=_Token, parse_constant=lambda _: [])
        records = parsed["records"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise NoRecords from None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise NoRecords
    return json.dumps([_cleaned(each, fields, replaced) for each in records]).encode()


def _plain(page: Path) -> bytes:
    return b"".join(unpacked(page.read_bytes(), sys.maxsize))  # its length was limited on arrival


def _cleaned(record: Mapping[str, Any], fields: Mapping[str, FieldType], replaced: Replaced) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    odd = []
    for name, kind in fields.items():
        value = record.get(name)
        try:
            cleaned[name] = None if value is None else _READ[kind](value)
        except (_Odd, ValueError, OverflowError):
            cleaned[name] = None
            odd.append(name)
        else:
            if isinstance(value, str) and kind is FieldType.TEXT and cleaned[name] != value:
                odd.append(name)
    replaced.fields.update(odd)
    replaced.records += bool(odd)
    return cleaned


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NO_CHARACTER.sub("\ufffd", _string(value))


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise _Odd
    return value == "true"


def _whole_number(value: object) -> int:
    found = _NUMBER.fullmatch(_string(value))
    if not found:
        raise _Odd
    return int(found[0].split(".")[0])


def _moment(value: object) -> str:
    moment = datetime.fromisoformat(_clear(value))
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    _check_year(moment.year)
    return moment.isoformat()


def _day(value: object) -> str:
    day = date.fromisoformat(_clear(value))
    _check_year(day.year)
    return day.isoformat()


def _check_year(year: int) -> None:
    if not EARLIEST <= year <= LATEST:
        raise _Odd


def _clear(value: object) -> str:
    text = _string(value)
    if _NO_CHARACTER.search(text):  # Python's parser ends at NUL
        raise _Odd
    return text


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _Odd
    return value


_READ: Mapping[FieldType, Callable[[object], object]] = {
    FieldType.TEXT: _text,
    FieldType.BOOLEAN: _boolean,
    FieldType.INT: _whole_number,
    FieldType.DATETIME: _moment,
    FieldType.DATE: _day,
}
