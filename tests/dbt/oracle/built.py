"""dbt's own SQL over an org in memory, in a fraction of a second.

One `dbt build` of an empty org leaves, beside its warehouse, the statements that dbt ran for each model: contract,
types, keys and all. The warehouse is copied into memory once; each org replaces the rows of `raw` and `policy`, and
the same statements run again in the order of the DAG, so that what is compared is what a user's run would write. Two
things differ from dbt, both of them names: a table is made under its own name instead of `__dbt_tmp` and a rename,
and it replaces what the org before left. Views stay. Incremental models ran for the first time in that build, so
`int_observations` is made from nothing each time: an org has no week before this one.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from tests.dbt.oracle.odd_org import OddOrg, Row
from tests.dbt.orgs import Dbt, HandMadeOrg

POLICY_TABLES = (
    "integration_usernames",
    "username_patterns",
    "username_excludes",
    "name_words",
    "approved_apps",
    "decommissioned_apps",
    "known_networks",
    "justified_permissions",
    "waivers",
    "prices",
)
FINDING = ("finding_type", "subject_id", "severity", "user_id", "username", "annual_cost")
PERSON = ("user_id", "username", "is_integration_user", "confidence", "reasons")


class Models:
    """The project's models, over one org after another, in one database in memory.

    Args:
        dbt: The project; it is built once.
        folder: Where the empty org may be written.
    """

    def __init__(self, dbt: Dbt, folder: Path) -> None:
        empty = HandMadeOrg(folder / "warehouse.duckdb")
        dbt.build(empty)
        self._statements = list(_statements(dbt))
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("set TimeZone = 'UTC'; attach ':memory:' as warehouse")
        self._connection.execute(f"attach '{empty.path}' as built (read_only)")
        self._connection.execute("copy from database built to warehouse; detach built; use warehouse")

    def build(self, org: OddOrg) -> None:
        """Builds every model over an org; the tables show this org until the next is built."""
        for name, each in BY_NAME.items():
            self._replace(f"raw.{each.table}", org.tables.get(name, []))
        for table in POLICY_TABLES:
            self._replace(f"policy.{table}", org.policy.get(table, []))
        self._replace("policy.thresholds", [org.thresholds])
        self._connection.execute("update raw.snapshot set snapshot_at = ?", [org.snapshot_at])
        self._connection.execute(
            "update raw.extraction set known_since = ? where object = 'LoginHistory'", [org.logins_known_since]
        )
        for name in BY_NAME:
            how = org.extraction(name)
            self._connection.execute(
                "update raw.extraction set status = ?, missing_fields = ? where object = ?",
                [how.status, how.missing_fields, name],
            )
        for statement in self._statements:
            self._connection.execute(statement)

    def findings(self) -> list[Row]:
        """The findings of the org that was built: the common columns, and each type's own."""
        rows = self._rows((*FINDING, "evidence"), "marts.findings")
        assert len({(row["finding_type"], row["subject_id"]) for row in rows}) == len(rows), "a subject was found twice"
        return [{name: row[name] for name in FINDING} | json.loads(row["evidence"]) for row in rows]

    def integration_users(self) -> list[Row]:
        """The rows of `marts.integration_users`, without what is only shown."""
        return self._rows(PERSON, "marts.integration_users")

    def coverage(self) -> list[Row]:
        """How far each finding type could be evaluated."""
        return self._rows(("finding_type", "status"), "marts.coverage")

    def rows(self, query: str) -> list[Row]:
        """What a query gives of the org that was built; evidence as Python's own."""
        answer = self._connection.execute(query)
        names = [column[0] for column in answer.description]
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        return [row | ({"evidence": json.loads(row["evidence"])} if "evidence" in row else {}) for row in rows]

    def _rows(self, columns: tuple[str, ...], table: str) -> list[Row]:
        answer = self._connection.execute(f"select {', '.join(columns)} from {table}")
        return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]

    def _replace(self, table: str, rows: list[Row]) -> None:
        self._connection.execute(f"delete from {table}")
        alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            alike[tuple(row)].append(row)
        for names, some in alike.items():
            columns, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
            values = ", ".join(f"({places})" for _ in some)
            self._connection.execute(
                f"insert into {table} ({columns}) values {values}", [value for row in some for value in row.values()]
            )


def _statements(dbt: Dbt) -> Iterator[str]:
    """What dbt ran for each table, in the order of the DAG."""
    nodes = json.loads((dbt.target / "manifest.json").read_text())["nodes"]
    models = {name: node for name, node in nodes.items() if node["resource_type"] == "model"}
    needs = {name: set(node["depends_on"]["nodes"]) & models.keys() for name, node in models.items()}
    for name in TopologicalSorter(needs).static_order():
        if models[name]["config"]["materialized"] != "view":
            ran = (dbt.target / "run" / "spendready" / models[name]["original_file_path"]).read_text()
            yield ran.replace("__dbt_tmp", "").replace("create  table", "create or replace table", 1)
