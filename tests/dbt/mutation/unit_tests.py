"""The models' own unit tests, as dbt compiled them, over any SQL of the model."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import sqlglot
from sqlglot import exp

from tests.dbt.mutation.mutants import DIALECT
from tests.dbt.orgs import Dbt

DOES_NOT_RUN = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
"""A mutant that is no SQL at all: nobody could commit it."""
FIXTURE = "__dbt__cte__"


@dataclass
class UnitTest:
    """A unit test: its given rows, in tables named as the model reads them, and the rows that it expects."""

    name: str
    given: duckdb.DuckDBPyConnection
    columns: str
    expected: str

    def fails(self, sql: str) -> bool:
        """Whether the model's SQL gives other rows than expected, or stops."""
        actual = f"select {self.columns} from ({sql})"
        differences = f"(({actual}) except all ({self.expected})) union all (({self.expected}) except all ({actual}))"
        try:
            return self.given.execute(f"select 1 from ({differences}) limit 1").fetchone() is not None
        except DOES_NOT_RUN:
            raise
        except duckdb.Error:
            return True


def unit_tests(dbt: Dbt, models: list[str]) -> dict[str, list[UnitTest]]:
    """The unit tests of models; dbt must have run them, which leaves them compiled.

    Args:
        dbt: Where they were run.
        models: The models' names.
    """
    tests = defaultdict(list)
    for test in (each for each in dbt.manifest.unit_tests.values() if each.model in models):
        folder = dbt.target / "run" / "spendready" / test.original_file_path
        sql = next(folder.rglob(f"{test.name}.sql"), None)
        if sql:
            relations = dict(_relations(dbt, test.depends_on.nodes[0]))
            tests[test.model].append(_read(test.name, sql.read_text(), relations))
    return tests


def _relations(dbt: Dbt, model: str) -> Iterator[tuple[str, str]]:
    for parent in dbt.manifest.nodes[model].depends_on.nodes:
        source = dbt.manifest.sources.get(parent)
        if source:
            yield f"{FIXTURE}{source.source_name}__{source.name}", f"{source.schema}.{source.identifier}"
        else:
            node = dbt.manifest.nodes[parent]
            yield f"{FIXTURE}{node.name}", f"{node.schema}.{node.alias}"


def _read(name: str, sql: str, relations: dict[str, str]) -> UnitTest:
    """Takes dbt's one statement apart: fixtures, the model itself (left away), what is expected."""
    whole = sqlglot.parse_one(sql, dialect=DIALECT)
    actual, expected = (each.this for each in whole.args["with_"].expressions)
    columns = [each for each in expected.expressions if isinstance(each, exp.Column)]
    given = duckdb.connect()
    given.execute("set TimeZone = 'UTC'; set threads = 1; attach ':memory:' as warehouse; use warehouse")
    for fixture in actual.find(exp.Subquery).this.args["with_"].expressions:
        if fixture.alias.startswith(FIXTURE):
            relation = relations[fixture.alias]
            given.execute(f"create schema if not exists {relation.split('.')[0]}")
            given.execute(f"create table {relation} as {fixture.this.sql(dialect=DIALECT)}")
    # Where nothing is expected, dbt asks the actual rows for their columns.
    for number, each in enumerate((actual, expected)):
        given.execute(f"create table {whole.ctes[number].alias} as {each.find(exp.Subquery).this.sql(dialect=DIALECT)}")
    names = ", ".join(each.sql(dialect=DIALECT) for each in columns)
    return UnitTest(name, given, names, f"select {names} from {whole.ctes[1].alias}")
