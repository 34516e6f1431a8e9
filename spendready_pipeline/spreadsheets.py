"""CSV that a spreadsheet opens without obeying it, and that programs read back as it was.

Names in an org are anybody's to choose; a cell that begins like a formula is one to Excel, LibreOffice and Google
Sheets, so it is written behind an apostrophe (OWASP, CSV Injection).
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
# Blanks before it do not disarm a formula everywhere; the wide forms are what some locales type.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def write_csv(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Writes a head and the rows.

    Args:
        stream: Opened with `newline=""`.
        columns: The columns' names.
        rows: Values as DuckDB gives them.

    Returns:
        How many rows there were.
    """
    writer = csv.writer(stream)
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
    """Gives a query's rows, some thousands in memory at once."""
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
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else str(value)
