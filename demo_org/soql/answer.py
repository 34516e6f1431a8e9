"""A query's answer, which pages are fetched from in any order, any number of times.

The answer is a temporary table on a cursor of its own: a snapshot of what the query found, in its order, whatever
happens to the org meanwhile. DuckDB keeps it within its `memory_limit` and spills the rest to its `temp_directory`;
a page is read by row number, and its JSON or CSV is made inside DuckDB, so no row becomes a Python object. `close`
frees it.
"""

import json
import threading
from collections.abc import Sequence
from typing import Any, Self

import duckdb

from demo_org.soql.scope import Value
from demo_org.soql.selection import Selection
from demo_org.soql.statement import AnswerKind, Statement


class Answer:
    """The rows that a query found; safe to use from several threads.

    Args:
        cursor: A DuckDB cursor that the answer may keep until it is closed.
        statement: The query.
        parameters: The values of its parameters.
        api_version: The API version of the request, which the records' URLs show.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, statement: Statement, parameters: Sequence[Value], api_version: float
    ) -> None:
        self._cursor = cursor
        self._lock = threading.Lock()
        self._selection = statement.selection
        self._api_version = api_version
        self.kind: AnswerKind = statement.kind
        """`records`, `count` (a number without records), or `aggregate`."""
        self.object_name = statement.sobject.name
        """The object that the query is FROM, in the schema's spelling."""
        self.columns = tuple(statement.selection.values) if statement.selection else ()
        """The flat names of what the query selects: `Id`, `Profile.Name`, an alias, a child relationship."""
        self.has_children = statement.selection is not None and statement.selection.has_children
        """Whether there are child records, which CSV has no place for."""
        if statement.selection is None:
            counting = cursor.execute(statement.sql, parameters)
        else:
            cursor.execute(f"CREATE TEMP TABLE answer AS {statement.sql}", parameters)
            counting = cursor.execute("SELECT count(*) FROM answer")
        self.total_size = int((counting.fetchone() or (0,))[0])
        """How many rows the query found, or the number that it asked for."""

    def page_json(self, start: int, size: int) -> str:
        """The records from one row on, at most so many, as the text of a JSON array."""
        if self._selection is None:
            return "[]"
        record = f"to_json({self._selection.record.json(self._api_version)})::VARCHAR"
        return f"[{self._page(record, ',', start, size)}]"

    def rows(self, start: int, size: int) -> list[dict[str, Any]]:
        """The same records, for tests."""
        records: list[dict[str, Any]] = json.loads(self.page_json(start, size))
        return records

    def csv_header(self, delimiter: str = ",", line_ending: str = "\n") -> str:
        """The head line of the answer as CSV, as Bulk API 2.0 gives it."""
        return delimiter.join(f'"{name}"' for name in self.columns) + line_ending

    def csv(self, start: int, size: int, delimiter: str = ",", line_ending: str = "\n") -> str:
        """The lines of the rows from one on, at most so many, without a head line: each value quoted, null empty.

        Raises:
            ValueError: There are child records, which CSV has no place for.
        """
        if self.has_children:
            raise ValueError("child records cannot be given as CSV")
        if self._selection is None or start >= self.total_size or size <= 0:
            return ""
        return self._page(_csv_line(self._selection), line_ending, start, size, delimiter) + line_ending

    def close(self) -> None:
        """Frees the answer; no page can be fetched any more."""
        with self._lock:
            self._cursor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _page(self, row: str, separator: str, start: int, size: int, *further: str) -> str:
        sql = f"SELECT string_agg({row}, $1 ORDER BY rowid) FROM answer WHERE rowid >= $2 AND rowid < $3"
        with self._lock:
            found = self._cursor.execute(sql, [separator, start, start + size, *further]).fetchone()
        return str(found[0]) if found and found[0] is not None else ""


def _csv_line(selection: Selection) -> str:
    """SQL of a row as a line, with the delimiter as its fourth parameter."""
    values = [f"""'"' || replace(coalesce({each.csv()}, ''), '"', '""') || '"'""" for each in selection.values.values()]
    return f"concat_ws($4, {', '.join(values)})"
