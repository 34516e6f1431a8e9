"""dbt's build of a large org, made directly in DuckDB, against one aggregation over the same logins.

`python benchmarks/findings.py 100000 10000000 300000`: users, logins, tokens.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from demo_org.content.build import build_org
from demo_org.content.policy import demo_policy
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.policy.configuration import Policy
from spendready_pipeline.policy.load import load_policy
from spendready_pipeline.quality.validation import record

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"


MOMENT = {"login_history": "LoginTime", "oauth_token": "LastUsedDate"}
"""The tables that grow with an org's age rather than with its users; a copied row has its own such moment."""


def top_up(connection: duckdb.DuckDBPyConnection, table: str, wanted: int) -> None:
    """Copies rows of a raw table, with Ids and moments of their own, until it has as many as wanted."""
    before = connection.execute(f"select count(*) from raw.{table}").fetchone()[0]
    number = f"lpad(cast(copies.n * {before} + row_number() over () as varchar), 11, '0')"
    connection.execute(
        f"""insert into raw.{table}
        select rows.* replace (
            substr("Id", 1, 3) || 'Z' || {number} || 'AAA' as "Id",
            "{MOMENT[table]}" - to_seconds(hash(copies.n, "Id") % 8640000) as "{MOMENT[table]}"
        )
        from raw.{table} as rows cross join range(1, {wanted // before + 1}) as copies (n)
        limit {max(wanted - before, 0)}"""
    )


def land(source: Path, warehouse: Path, rows: dict[str, int]) -> float:
    """Copies an org's content into `raw`, tops tables up, and gives the seconds of one aggregation over the logins."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{source}' as source (read_only)")
        connection.execute("create schema raw")
        for each in OBJECTS:
            names = ", ".join(f'"{name}"' for name in each.columns)
            connection.execute(f'create table raw."{each.table}" as select {names} from source.org."{each.name}"')
        for table, wanted in rows.items():
            top_up(connection, table, wanted)
        reader = connection.execute('select "Id", "Username" from raw."user" limit 1').fetchone()
        connection.execute(
            """create table raw.snapshot as select 'demo' as org, $1::timestamptz as snapshot_at, 'org' as clock_source,
            0::double as clock_skew_seconds, 'https://demo' as instance_url, '67.0' as api_version,
            $2 as reader_user_id, $3 as reader_username, '' as evidence_folder, '' as run_id, 0::bigint as api_calls,
            '' as manifest_sha256""",
            [NOW, *reader],
        )
        connection.execute(
            """create table raw.extraction (object varchar, status varchar, "rows" bigint, count_before bigint,
            count_after bigint, reason varchar, remediation varchar, missing_fields varchar[], known_since timestamptz,
            api_calls bigint, seconds double)"""
        )
        for each in OBJECTS:
            connection.execute(
                f"""insert into raw.extraction select $1, 'read', count(*), count(*), count(*), null, null, [],
                $2::timestamptz - interval 183 days, 1, 0.1 from raw."{each.table}" """,
                [each.name, NOW],
            )
        connection.execute("create table raw.reader_permission (permission varchar, granted boolean)")
        record(connection, [])
        load_policy(Policy.model_validate(demo_policy(1, NOW)), connection)
        started = time.perf_counter()
        connection.execute(
            """select "UserId", "LoginType", count(*), max("LoginTime"), count(distinct "SourceIp")
            from raw.login_history group by all"""
        ).fetchall()
        return time.perf_counter() - started


def main(users: int, logins: int, tokens: int) -> None:
    """Builds the org, then times dbt over it; tables that have more rows than asked for keep them."""
    with tempfile.TemporaryDirectory() as folder:
        source, warehouse = Path(folder) / "content.duckdb", Path(folder) / "warehouse.duckdb"
        build_org(source, users, 1, NOW)
        aggregation = land(source, warehouse, {"login_history": logins, "oauth_token": tokens})
        command = [
            str(Path(sys.executable).parent / "dbt"), "--quiet", "build", "--exclude-resource-type", "unit_test",
            "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", f"{folder}/target",
        ]  # fmt: skip
        started = time.perf_counter()
        process = subprocess.Popen(command, env=os.environ | {"SPENDREADY_WAREHOUSE": str(warehouse)})
        _, status, usage = os.wait4(process.pid, 0)
        build = time.perf_counter() - started
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            counts = {table: connection.execute(f"select count(*) from raw.{table}").fetchone()[0] for table in MOMENT}
            findings = connection.execute("select count(*) from marts.findings").fetchone()[0]
    print(
        f"{users:,} users, {counts['login_history']:,} logins, {counts['oauth_token']:,} tokens: {findings:,} findings"
    )
    print(f"build {build:.0f} s (exit {os.waitstatus_to_exitcode(status)})")
    print(f"ratio build / one aggregation over the logins: {build / aggregation:.0f}")
    print(f"dbt's peak memory: {usage.ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4] or (20_000, 2_000_000, 60_000)))
