"""CSV that a spreadsheet opens without obeying it, and that programs read back as it was.

Anybody can choose a name in an org. A cell that begins with a formula sign is a formula to Excel, LibreOffice and
Google Sheets, so an apostrophe is put before it (OWASP, CSV Injection). A spreadsheet whose list separator is not the
comma splits a cell once more, so a sign after any separator within a text gets an apostrophe as well. Every cell is
quoted; control characters other than tab and newline are dropped.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

import duckdb

# With a mark, without which Excel takes UTF-8 for the local code page; DuckDB and pandas skip it.
CSV_ENCODING = "utf-8-sig"
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"  # with the fullwidth forms, which East Asian locales type
# Some spreadsheets skip blanks before a formula, and take a tab or newline for the start of another cell.
_STARTS_FORMULA = re.compile(rf"[\t\n]|\s*{_SIGNS}")
# Quotes as well: a parser that splits at this separator takes the quotes after it for those of a cell.
_FORMULA_WITHIN = re.compile(rf"([;,|\t\n][\s\"]*)({_SIGNS})")
_LINE_BREAK = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def write_csv(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Writes a head and the rows.

    Args:
        stream: Opened with `newline=""`.
        columns: The columns' names.
        rows: Values as DuckDB gives them.

    Returns:
        How many rows there were.
    """
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007
        writer.writerow([cell(value) for value in row])
    return number


def write_query(connection: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    """Writes what a query gives to a CSV file, in bounded memory."""
    result = connection.execute(sql)
    columns = [column[0] for column in result.description or []]
    with path.open("w", encoding=CSV_ENCODING, newline="") as stream:
        write_csv(stream, columns, fetched(result))


def fetched(result: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    """Returns a query's rows, some thousands in memory at once."""
    while batch := result.fetchmany(10_000):
        yield from batch


def cell(value: Any) -> str:  # noqa: ANN401
    """A value as a cell's text: moments as `2026-11-23T06:00:12Z`, lists as `a; b`, nothing for NULL."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return _as_text(value) if isinstance(value, str) else str(value)


def _as_text(text: str) -> str:
    """Text that is no formula, whichever separator a spreadsheet splits at; idempotent."""
    text = _CONTROL.sub("", _LINE_BREAK.sub("\n", text))
    starts_formula = _STARTS_FORMULA.match(text)
    text = _FORMULA_WITHIN.sub(r"\1'\2", text)
    return f"'{text}" if starts_formula else text
