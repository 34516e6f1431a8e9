"""An org that a test had dbt build, with what a mutant makes in place of what the models made."""

from graphlib import TopologicalSorter

import duckdb

from tests.dbt.mutation.mutants import Mutant
from tests.dbt.orgs import Dbt, HandMadeOrg


class BuiltOrg:
    """The tables of a built org, as the models left them.

    Args:
        dbt: Where it was built.
        org: The org; whoever reads it sees the mutant that is in place.
    """

    def __init__(self, dbt: Dbt, org: HandMadeOrg) -> None:
        self.org = org
        nodes = dbt.manifest.nodes
        tables = {f"{schema}.{name}" for schema, name in org.sql("select schema_name, table_name from duckdb_tables()")}
        parents = {
            node.name: [nodes[parent].name for parent in node.depends_on.nodes if parent in nodes]
            for node in nodes.values()
            if node.resource_type == "model" and f"{node.schema}.{node.alias}" in tables
        }
        self.parents = {name: parents[name] for name in TopologicalSorter(parents).static_order() if name in parents}
        self.relations = {node.name: f"{node.schema}.{node.alias}" for node in nodes.values()}
        self.sql = {name: dbt.compiled(name) for name in self.parents}
        self.replaced: list[str] = []
        org.sql("create schema kept")
        for name in self.parents:
            org.sql(f"create table kept.{name} as from {self.relations[name]}")

    def put_in_place(self, mutant: Mutant) -> bool | None:
        """Makes the mutant's rows, and all that follows from them.

        Returns:
            Whether anything differs from before; None where the build itself stops, which fails any test.
        """
        with duckdb.connect(str(self.org.path)) as connection:
            connection.execute("set TimeZone = 'UTC'; set threads = 1; begin")
            try:
                for name, parents in self.parents.items():
                    if name == mutant.model or set(parents) & set(self.replaced):
                        sql = mutant.sql if name == mutant.model else self.sql[name]
                        self._replace(connection, name, sql)
            except duckdb.Error:
                self.replaced.clear()
                connection.execute("rollback")
                return None
            connection.execute("commit")
        return bool(self.replaced)

    def put_back(self) -> None:
        """Leaves the org as the models made it."""
        with duckdb.connect(str(self.org.path)) as connection:
            for name in self.replaced:
                connection.execute(f"create or replace table {self.relations[name]} as from kept.{name}")
        self.replaced.clear()

    def _replace(self, connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
        connection.execute(f"create or replace temp table fresh as {sql}")
        difference = f"(from fresh except all from kept.{name}) union all (from kept.{name} except all from fresh)"
        if connection.execute(f"select 1 from ({difference}) limit 1").fetchone() is None:
            return
        if name.startswith("finding_") and name != "finding_history":
            # The key that the type's contract enforces.
            connection.execute("create or replace temp table keys (finding_id varchar primary key)")
            connection.execute("insert into keys select finding_id from fresh")
        connection.execute(f"create or replace table {self.relations[name]} as from fresh")
        self.replaced.append(name)
