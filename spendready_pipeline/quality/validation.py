"""Judges a raw table by its suite of Great Expectations, and keeps what came of it for the report.

What to expect of an object stands in `expectations`; nothing here knows one object from another. Great
Expectations takes seconds to import and holds what it judges as a pandas frame: it is imported when the first
suite runs, and never given a whole table (see `_frames`).
"""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from spendready_pipeline.catalog.salesforce_objects import SalesforceObject
from spendready_pipeline.storage.warehouse import identifier, row_count

if TYPE_CHECKING:
    import great_expectations.expectations as gxe
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition

Severity = Literal["critical", "warning"]

BATCH_ROWS = 200_000
"""Rows in memory at once."""
JUDGED_IN_OWN_ROWS = frozenset({"shape", "identity"})
"""What still holds where the reader sees its own rows alone."""
FIELD_TYPES = "field_types"
"""The check of every object that is judged by what was replaced when it was loaded (`raw.replaced_value`)."""
LATEST = "latest"
"""The parameter of expectations that is the last moment which an event of the snapshot can have: a day after it."""


@dataclass(frozen=True)
class Check:
    """A group of expectations that pass or fail together.

    Attributes:
        name: Unique among the object's checks.
        severity: `critical` stops everything downstream; `warning` is printed in the report.
        description: Why the audit needs this to hold, for whoever reads that it failed.
        expectations: Makes the expectations; a function, since Great Expectations is imported late. What is known
            only when they are judged is a parameter of theirs: `LATEST`.
    """

    name: str
    severity: Severity
    description: str
    expectations: "Callable[[], list[gxe.Expectation]]"


@dataclass(frozen=True)
class CheckResult:
    """What came of one check of one object; `detail` has counts and the names of fields, never a value."""

    object: str
    check_name: str
    severity: Severity
    passed: bool
    detail: str


@dataclass
class _Tally:
    """What one expectation found in all of its frames."""

    unexpected: int = 0
    failed: bool = False
    broken: bool = False
    observed: str = ""

    def add(self, outcome: "ExpectationValidationResult") -> None:
        """Adds Great Expectations' result for one more frame."""
        if outcome.success:
            return
        self.failed = True
        self.broken |= _raised(outcome.exception_info)
        self.unexpected += outcome.result.get("unexpected_count") or 0
        observed = outcome.result.get("observed_value")
        if isinstance(observed, int):
            self.observed = f"found {observed}"
        elif missing := outcome.result.get("details", {}).get("mismatched", {}).get("missing"):
            self.observed = f"missing {', '.join(sorted(missing))}"


@dataclass(frozen=True)
class _Table:
    """A raw table, as frames are taken from it."""

    connection: duckdb.DuckDBPyConnection
    name: str
    columns: list[str]
    batch_rows: int = field(default=BATCH_ROWS)

    def parameters(self) -> dict[str, Any]:
        """What expectations may refer to; nothing where no snapshot is complete."""
        taken = self.connection.execute("select snapshot_at from raw.snapshot").fetchone()
        return {LATEST: taken[0] + timedelta(days=1)} if taken else {}

    def query(self, statement: str) -> "pd.DataFrame":
        with warnings.catch_warnings():  # DuckDB 2.0 makes frames in a way that pandas 3.1 deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            return self.connection.execute(statement).df()

    def count(self) -> int:
        return row_count(self.connection, self.name)

    def sharing(self, column: str) -> "pd.DataFrame":
        """The rows whose value another row has, too: none where the column is unique in the whole table."""
        name = identifier(column)
        return self.query(
            f"select {name} from {self.name} where {name} in"  # noqa: S608 - quoted names
            f" (select {name} from {self.name} group by all having count(*) > 1)"
            f" order by {name} limit {self.batch_rows}"
        )

    def batches(self, columns: Sequence[str]) -> "Iterator[pd.DataFrame]":
        """These columns of every row, so many rows at a time."""
        names = ", ".join(map(identifier, columns))
        first, last = self.connection.execute(f"select min(rowid), max(rowid) from {self.name}").fetchall()[0]  # noqa: S608 - quoted names
        for start in range(first, last + 1, self.batch_rows) if first is not None else ():
            end = start + self.batch_rows
            yield self.query(f"select {names} from {self.name} where rowid >= {start} and rowid < {end}")  # noqa: S608 - quoted names


def check_object(
    connection: duckdb.DuckDBPyConnection,
    salesforce_object: SalesforceObject,
    suite: Sequence[Check],
    batch_rows: int = BATCH_ROWS,
) -> list[CheckResult]:
    """Judges an object's raw table, as far as the reader was let to see the object.

    Args:
        connection: The org's warehouse; reads `raw.<table>`, `raw.extraction` and `raw.snapshot`.
        salesforce_object: The object.
        suite: What is expected of it.
        batch_rows: Rows in memory at once; at least 2.

    Returns:
        A result for each check, in the suite's order. A check that could not be judged has failed, critically,
        whatever its own severity; one that there was nothing to judge for has passed and says so.
    """
    name = salesforce_object.name
    extracted = connection.execute("select status from raw.extraction where object = ?", [name]).fetchone()
    status = extracted[0] if extracted else "read"
    if status in {"hidden", "failed"}:
        return [CheckResult(name, each.name, each.severity, True, "not read: see coverage") for each in suite]
    columns = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'raw' and table_name = ?",
        [salesforce_object.table],
    ).fetchall()
    if not columns:
        return [CheckResult(name, each.name, "critical", False, "the raw table is missing") for each in suite]
    table = _Table(
        connection, f"raw.{identifier(salesforce_object.table)}", [column for (column,) in columns], batch_rows
    )
    judged = [each for each in suite if status != "own_rows" or each.name in JUDGED_IN_OWN_ROWS]
    judged = [each for each in judged if each.name != FIELD_TYPES]
    results = {each.check_name: each for each in _judge(name, table, judged)}
    results |= {each.name: _replaced_values(connection, name, each) for each in suite if each.name == FIELD_TYPES}
    for each in suite:
        left_out = CheckResult(name, each.name, each.severity, True, "the reader's own rows alone: see coverage")
        results.setdefault(each.name, left_out)
    return [results[each.name] for each in suite]


def _replaced_values(connection: duckdb.DuckDBPyConnection, name: str, check: Check) -> CheckResult:
    """Tells in how many records values were replaced; none where the warehouse does not know."""
    known = connection.execute(
        "from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'raw' and table_name = 'replaced_value'"
    ).fetchall()
    found = (
        connection.execute(
            "select field, records from raw.replaced_value where object = ? order by field", [name]
        ).fetchall()
        if known
        else []
    )
    counts = ", ".join(f"{field} in {records:,} record{'s' * (records != 1)}" for field, records in found)
    detail = f"replaced, since it is not of the field's type: {counts}" if found else "as expected"
    return CheckResult(name, check.name, check.severity, not found, detail)


def record(connection: duckdb.DuckDBPyConnection, results: Sequence[CheckResult]) -> None:
    """Replaces `raw.check_result` with these results."""
    connection.execute("create schema if not exists raw")
    connection.execute(
        "create or replace table raw.check_result"
        " (object varchar, check_name varchar, severity varchar, passed boolean, detail varchar)"
    )
    rows = [(each.object, each.check_name, each.severity, each.passed, each.detail) for each in results]
    if rows:
        connection.executemany("insert into raw.check_result values (?, ?, ?, ?, ?)", rows)


def _judge(name: str, table: _Table, checks: Sequence[Check]) -> Iterator[CheckResult]:
    """Runs the checks' expectations, those that need the same frame together."""
    expected = [(check, expectation) for check in checks for expectation in check.expectations()]
    tallies = [_Tally() for _ in expected]
    parameters = table.parameters()
    for place, (check, expectation) in enumerate(expected):
        expectation.severity = check.severity
        expectation.meta = {"place": place, "why": check.description}
        limit = getattr(expectation, "max_value", None)
        unknown = isinstance(limit, dict) and limit["$PARAMETER"] not in parameters
        if unknown or getattr(expectation, "column", None) not in {None, *table.columns}:
            tallies[place] = _Tally(failed=True, broken=True)
    judged = [each for (_, each), tally in zip(expected, tallies, strict=True) if not tally.broken]
    for frame, expectations in _frames(table, judged):
        for outcome in _validate(frame, expectations, parameters):
            tallies[outcome.expectation_config.meta["place"]].add(outcome)
    for check in checks:
        failed = [
            (expectation, tally)
            for (each, expectation), tally in zip(expected, tallies, strict=True)
            if each is check and tally.failed
        ]
        broken = any(tally.broken for _, tally in failed)
        severity = "critical" if broken else check.severity
        detail = "; ".join(_said(expectation, tally) for expectation, tally in failed)
        yield CheckResult(name, check.name, severity, not failed, detail or "as expected")


def _frames(
    table: _Table, expectations: "Sequence[gxe.Expectation]"
) -> "Iterator[tuple[pd.DataFrame, list[gxe.Expectation]]]":
    """The smallest frames that expectations can be judged by, each with those that it is for.

    What is said of the whole table is asked of DuckDB and judged on a frame made of the answer: no rows for its
    columns, as many rows without columns for its row count, the rows that share a value for uniqueness.
    """
    import great_expectations.expectations as gxe
    import pandas as pd

    by_row = []
    for each in expectations:
        if isinstance(each, gxe.ExpectTableColumnsToMatchSet):
            yield table.query(f"select * from {table.name} limit 0"), [each]  # noqa: S608 - quoted names
        elif isinstance(each, gxe.ExpectTableRowCountToBeBetween):
            yield pd.DataFrame(index=pd.RangeIndex(table.count())), [each]
        elif isinstance(each, gxe.ExpectColumnValuesToBeUnique):
            yield table.sharing(each.column), [each]
        else:
            by_row.append(each)
    if by_row:
        for frame in table.batches(sorted({each.column for each in by_row})):
            yield frame, by_row


@cache
def _batch_definition() -> "BatchDefinition":
    """Great Expectations' way to a frame; silent, and with nothing sent to its makers."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("raw")
    return source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("frame")


def _validate(
    frame: "pd.DataFrame", expectations: "list[gxe.Expectation]", parameters: dict[str, Any]
) -> "list[ExpectationValidationResult]":
    """Great Expectations' results; counts alone, so that nobody's data is in them."""
    definition = _batch_definition()
    import great_expectations as gx

    suite = gx.ExpectationSuite("raw", expectations=expectations)
    counts = {"result_format": "BASIC", "partial_unexpected_count": 0}
    batch = definition.get_batch({"dataframe": frame})
    return list(batch.validate(suite, result_format=counts, expectation_parameters=parameters).results)


def _raised(exception_info: dict[str, Any] | None) -> bool:
    """Whether Great Expectations met an exception: it says so flatly, or once for each metric."""
    info = exception_info or {}
    nested = [each for each in info.values() if isinstance(each, dict)]
    return any(each.get("raised_exception") for each in [info, *nested])


def _said(expectation: "gxe.Expectation", tally: _Tally) -> str:
    """What an expectation that failed has to say."""
    what = expectation.expectation_type.removeprefix("expect_").replace("_", " ")
    if column := getattr(expectation, "column", None):
        what = f"{column}{what.removeprefix('column')}"
    if tally.broken:
        return f"expected {what}: could not be evaluated"
    return f"expected {what}: {tally.observed or f'{tally.unexpected} rows are not as expected'}"
