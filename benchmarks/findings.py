"""dbt's build of a large org, made directly in DuckDB, against one aggregation over the same logins."""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from spendready_pipeline.demo_org.content.build import build_org
from spendready_pipeline.demo_org.content.policy import demo_policy
from spendready_pipeline.policy import Policy, land_policy
from spendready_pipeline.salesforce.objects import OBJECTS

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"


def land(source: Path, warehouse: Path) -> tuple[int, float]:
    """Copies an org's content into `raw`; gives its logins and the seconds of one aggregation over them."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{source}' as source (read_only)")
        connection.execute("create schema raw")
        for each in OBJECTS:
            names = ", ".join(f'"{name}"' for name in each.columns)
            connection.execute(f'create table raw."{each.table}" as select {names} from source.org."{each.name}"')
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
            count_after bigint, reason varchar, cure varchar, missing_fields varchar[], known_since timestamptz,
            api_calls bigint, seconds double)"""
        )
        for each in OBJECTS:
            connection.execute(
                f"""insert into raw.extraction select $1, 'read', count(*), count(*), count(*), null, null, [],
                $2::timestamptz - interval 183 days, 1, 0.1 from raw."{each.table}" """,
                [each.name, NOW],
            )
        connection.execute("create table raw.reader_permission (permission varchar, granted boolean)")
        land_policy(Policy.model_validate(demo_policy(1, NOW)), connection)
        logins = connection.execute("select count(*) from raw.login_history").fetchone()[0]
        started = time.perf_counter()
        connection.execute(
            """select "UserId", "LoginType", count(*), max("LoginTime"), count(distinct "SourceIp")
            from raw.login_history group by all"""
        ).fetchall()
        return logins, time.perf_counter() - started


def main(users: int) -> None:
    """Builds the org, then times dbt over it."""
    with tempfile.TemporaryDirectory() as folder:
        source, warehouse = Path(folder) / "content.duckdb", Path(folder) / "warehouse.duckdb"
        build_org(source, users, 1, NOW)
        logins, aggregation = land(source, warehouse)
        command = [
            str(Path(sys.executable).parent / "dbt"), "--quiet", "build", "--exclude-resource-type", "unit_test",
            "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", f"{folder}/target",
        ]  # fmt: skip
        started = time.perf_counter()
        process = subprocess.Popen(command, env=os.environ | {"SPENDREADY_WAREHOUSE": str(warehouse)})
        _, status, usage = os.wait4(process.pid, 0)
        build = time.perf_counter() - started
    print(f"{users:,} users, {logins:,} logins; build {build:.0f} s (exit {os.waitstatus_to_exitcode(status)})")
    print(f"ratio build / one aggregation over the logins: {build / aggregation:.0f}")
    print(f"dbt's peak memory: {usage.ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
