"""A planted org that was built, with what a mutant makes in place of what the models made."""

from graphlib import TopologicalSorter

import duckdb

from tests.dbt import planted
from tests.dbt.mutation.mutants import Mutant
from tests.dbt.orgs import Dbt, HandMadeOrg


class BuiltOrg:
    """The tables of a built org. What a mutant makes is looked at and rolled back.

    Args:
        dbt: Where it was built; its compiled SQL must still be this org's.
        org: The org; nobody else may have it open.
    """

    def __init__(self, dbt: Dbt, org: HandMadeOrg) -> None:
        nodes = {each.unique_id: each for each in dbt.manifest.nodes.values() if each.resource_type == "model"}
        parents = {
            node.name: [nodes[parent].name for parent in node.depends_on.nodes if parent in nodes]
            for node in nodes.values()
        }
        self.parents = {name: parents[name] for name in TopologicalSorter(parents).static_order()}
        self.relations = {node.name: f"{node.schema}.{node.alias}" for node in nodes.values()}
        self.sql = {name: dbt.compiled(name) for name in self.parents}
        self.connection = duckdb.connect(str(org.path))
        self.connection.execute("set TimeZone = 'UTC'; set threads = 1")
        self.expected = self._planted()
        if self._found() != self.expected:
            raise AssertionError("What is found is not what was planted: see test_planted.py")

    def kills(self, mutant: Mutant) -> bool:
        """Whether test_planted.py fails on the mutant: the build stops, or something else is found than planted."""
        self.connection.execute("begin")
        try:
            return self._put_in_place(mutant) and self._found() != self.expected
        except (duckdb.Error, AssertionError):
            return True
        finally:
            self.connection.execute("rollback")

    def _put_in_place(self, mutant: Mutant) -> bool:
        """Makes the mutant's rows and all that follows from them; whether anything differs."""
        replaced: set[str] = set()
        for name, parents in self.parents.items():
            sql = mutant.sql if name == mutant.model else self.sql[name]
            follows = name == mutant.model or replaced.intersection(parents)
            if follows and self._replace(name, sql):
                replaced.add(name)
        return bool(replaced)

    def _replace(self, name: str, sql: str) -> bool:
        relation = self.relations[name]
        self.connection.execute(f"create or replace temp table fresh as {sql}")
        difference = f"(from fresh except all from {relation}) union all (from {relation} except all from fresh)"
        if self.connection.execute(f"select 1 from ({difference}) limit 1").fetchone() is None:
            return False
        if name.startswith("finding_") and name not in ("finding_history", "finding_types"):
            # The key that the type's contract enforces.
            self.connection.execute("create or replace temp table keys (finding_id varchar primary key)")
            self.connection.execute("insert into keys select finding_id from fresh")
        self.connection.execute(f"create or replace table {relation} as from fresh")
        return True

    def _planted(self) -> tuple[object, object]:
        findings = ((planted.declared(row), row["own"]) for row in self._rows("from planted_finding"))
        return planted.findings(findings), planted.users(self._rows("from planted_integration_user"))

    def _found(self) -> tuple[object, object]:
        findings = ((row, row["evidence"]) for row in self._rows("from marts.findings"))
        return planted.findings(findings), planted.users(self._rows("from marts.integration_users"))

    def _rows(self, query: str) -> list[dict[str, object]]:
        answer = self.connection.execute(query)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
