"""Orgs made by hand, straight into `raw` and `policy`, and dbt run over them in this process."""

import json
import shutil
from collections import defaultdict
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from spendready_pipeline.catalog.finding_models import dbt_variables
from spendready_pipeline.catalog.salesforce_objects import BY_NAME, OBJECTS

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
NOW = datetime(2026, 11, 2, 6, 0, 0, tzinfo=UTC)

THRESHOLDS = {
    "stale_token_days": 90,
    "never_used_token_days": 7,
    "inactive_user_days": 90,
    "never_logged_in_days": 30,
    "dormant_integration_days": 90,
    "login_window_days": 30,
    "temporary_access_days": 30,
    "max_applications": 1,
    "max_interactive_networks": 1,
    "max_countries": 2,
    "unassigned_seats_min": 1,
}

SNAPSHOT_TABLES = f"""
create schema raw;
create schema policy;
create table raw.snapshot (
    org varchar, snapshot_at timestamptz, clock_source varchar, clock_skew_seconds double, instance_url varchar,
    api_version varchar, reader_user_id varchar, reader_username varchar, evidence_folder varchar, run_id varchar,
    api_calls bigint, manifest_sha256 varchar
);
create table raw.extraction (
    object varchar, status varchar, "rows" bigint, count_before bigint, count_after bigint, reason varchar,
    remediation varchar, missing_fields varchar[], known_since timestamptz, api_calls bigint, seconds double
);
create table raw.reader_permission (permission varchar, granted boolean);
create table raw.check_result (
    object varchar, check_name varchar, severity varchar, passed boolean, detail varchar
);
create table policy.thresholds ({", ".join(f"{name} integer" for name in THRESHOLDS)});
create table policy.integration_usernames (username varchar);
create table policy.username_patterns (pattern varchar);
create table policy.username_excludes (pattern varchar);
create table policy.name_words (word varchar);
create table policy.approved_apps (app varchar);
create table policy.decommissioned_apps (app varchar);
create table policy.known_networks (network varchar);
create table policy.justified_permissions (
    username varchar, permission varchar, reason varchar, owner varchar, expires date
);
create table policy.waivers (finding_type varchar, subject varchar, reason varchar, owner varchar, expires date);
create table policy.prices (
    license_kind varchar, license_key varchar, annual_price decimal(18, 2), currency varchar
);
create table policy.currency (currency varchar);
"""


def salesforce_id(prefix: str, name: str) -> str:
    """An id of 18 characters that can be read: a prefix, the name, and filling."""
    return f"{prefix}{name.ljust(12, '0')[:12]}AAA"


class HandMadeOrg:
    """One org's warehouse, filled by hand. Objects count as read whole unless something else is said."""

    def __init__(self, path: Path, now: datetime = NOW) -> None:
        self.path = path
        self._pending: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)
        with duckdb.connect(str(path)) as connection:
            connection.execute(SNAPSHOT_TABLES)
            for each in OBJECTS:
                columns = ", ".join(f'"{name}" {kind}' for name, kind in each.columns.items())
                connection.execute(f"create table raw.{each.table} ({columns})")
            connection.execute(f"insert into policy.thresholds values ({', '.join(map(str, THRESHOLDS.values()))})")
            connection.execute("insert into policy.currency values ('USD')")
            for each in OBJECTS:
                connection.execute(
                    "insert into raw.extraction values (?, 'read', 0, 0, 0, null, ?, [], ?, 1, 0.1)",
                    [each.name, each.remediation, now - timedelta(days=200) if each.name == "LoginHistory" else None],
                )
        self.at(now)
        self.add(
            "Organization", Id="00D000000000001AAA", Name="Acme", IsSandbox=False, OrganizationType="Enterprise Edition"
        )

    def copy(self, folder: Path) -> "HandMadeOrg":
        """The same org, as it is, in another folder."""
        self.land()
        other = copy(self)
        other.path = folder / self.path.name
        other._pending = defaultdict(list)
        shutil.copy(self.path, other.path)
        return other

    def at(self, now: datetime) -> None:
        """Makes this moment the snapshot's."""
        self.now = now
        self.sql("delete from raw.snapshot")
        self.insert("raw.snapshot", org="acme", snapshot_at=now, clock_source="org", api_version="66.0", run_id="run")

    def ago(self, days: float = 0, seconds: float = 0) -> datetime:
        """The moment this long before the snapshot's."""
        return self.now - timedelta(days=days, seconds=seconds)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs a statement in the warehouse, after what was added."""
        self.land()
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(statement, list(values)).fetchall()

    def insert(self, table: str, **values: Any) -> None:
        """Adds a row to a table, by column names, when the org is landed."""
        self._pending[table, tuple(values)].append(tuple(values.values()))

    def land(self) -> None:
        """Writes what was added."""
        with duckdb.connect(str(self.path)) as connection:
            for (table, names), rows in self._pending.items():
                columns, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
                connection.executemany(f"insert into {table} ({columns}) values ({places})", rows)
        self._pending.clear()

    def add(self, sobject: str, **fields: Any) -> str:
        """Adds a record of an object and gives its Id."""
        self.insert(f"raw.{BY_NAME[sobject].table}", **fields)
        return str(fields.get("Id"))

    def policy(self, table: str, **values: Any) -> None:
        """Adds a row to a table of the policy."""
        self.insert(f"policy.{table}", **values)

    def extraction(self, sobject: str, **values: Any) -> None:
        """Says how an object could be read."""
        for name, value in values.items():
            self.sql(f'update raw.extraction set "{name}" = ? where object = ?', value, sobject)

    def license(self, key: str, name: str, **fields: Any) -> str:
        """Adds a user licence and a profile of it; gives the profile's Id."""
        license_id = salesforce_id("100", key.replace("_", ""))
        self.add("UserLicense", Id=license_id, Name=name, LicenseDefinitionKey=key, Status="Active", **fields)
        return self.add(
            "Profile", Id=salesforce_id("00e", key.replace("_", "")), Name=f"{name} profile", UserLicenseId=license_id
        )

    def user(self, name: str, profile: str | None, **fields: Any) -> str:
        """Adds an active user, created long ago, that logged in yesterday."""
        record = {
            "Id": salesforce_id("005", name),
            "Username": f"{name}@acme.example",
            "Name": name,
            "Alias": name,
            "UserType": "Standard",
            "IsActive": True,
            "ProfileId": profile,
            "LastLoginDate": self.ago(days=1),
            "CreatedDate": self.ago(days=1000),
        }
        return self.add("User", **record | fields)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What a query gives, a dictionary a row; JSON and moments as Python's own."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            answer = connection.execute(query)
            names = [column[0] for column in answer.description]
            rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        for row in rows:
            if isinstance(row.get("evidence"), str):
                row["evidence"] = json.loads(row["evidence"])
        return rows


class Dbt:
    """dbt in this process, over the project as it was parsed once.

    Args:
        target: This worker's own folder for what dbt writes.
        project: The dbt project.
    """

    def __init__(self, target: Path, project: Path = DBT_PROJECT) -> None:
        self.target = target
        self.project = project
        self.variables = dbt_variables(project)
        # Relations carry the name of the file: every hand-made org's is warehouse.duckdb.
        self.manifest: Manifest = self._invoke(target / "warehouse.duckdb", dbtRunner(), "parse", "--no-partial-parse")

    def build(self, org: HandMadeOrg, *arguments: str) -> None:
        """Builds an org's models, without unit tests."""
        org.land()
        self.build_warehouse(org.path, *arguments)

    def build_warehouse(self, path: Path, *arguments: str) -> None:
        """Builds the models of a warehouse, a file named `warehouse.duckdb`, without unit tests."""
        runner = dbtRunner(manifest=self.manifest)
        self._invoke(path, runner, "build", "--exclude-resource-type", "unit_test", "--no-write-json", *arguments)

    def unit_test(self, org: HandMadeOrg, model: str = "*") -> None:
        """Runs the unit tests of all models, or of one, in an org that was built."""
        self._invoke(org.path, dbtRunner(manifest=self.manifest), "test", "--select", f"{model},test_type:unit")

    def compiled(self, model: str) -> str:
        """The SQL of a model as the last build ran it."""
        return next(self.target.glob(f"compiled/**/{model}.sql")).read_text()

    def _invoke(self, warehouse: Path, runner: dbtRunner, *arguments: str) -> Any:
        messages: list[str] = []
        runner.callbacks.append(lambda event: event.info.level == "error" and messages.append(event.info.msg))
        folders = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        folders += ["--vars", self.variables]
        outputs = ["--target-path", str(self.target), "--log-path", str(self.target), "--quiet"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SPENDREADY_WAREHOUSE", str(warehouse))
            try:
                outcome = runner.invoke([*arguments, *folders, *outputs])
            finally:
                DuckDBConnectionManager.close_all_connections()  # else the next org meets this one's file
        assert outcome.success, "\n".join(messages) or outcome.exception
        return outcome.result
