"""What people and other tools query: a copy of the findings beside the warehouse, replaced so that nobody meets half.

The files of a week are all written and flushed in a folder of their own, then each takes its place by one rename,
the database last. A reader that has a file open keeps reading the one it opened; each file holds one whole week
and says which (`snapshot_at`). A run that dies in between leaves files of two weeks, each whole, and the next
run replaces them all.
"""

import csv
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from spendready_pipeline.errors import OrgError
from spendready_pipeline.files import OrgFiles
from spendready_pipeline.spreadsheets import write_csv
from spendready_pipeline.warehouse import open_warehouse

# What any DuckDB 1.x opens; the format of the newest version would shut out the tools that people have.
STORAGE_VERSION = "v1.0.0"
# With a mark, without which Excel takes UTF-8 for the local code page; DuckDB and pandas skip it.
CSV_ENCODING = "utf-8-sig"

TO_FILL_IN = ("owner", "due_date", "note")

ACTION_PLAN = """
    select
        findings.finding_id, findings.severity, findings.who_acts, types.title as what_should_hold,
        findings.subject_name as subject, findings.username, findings.summary as what_was_found,
        findings.remediation as what_to_do, findings.annual_cost, findings.currency, findings.first_seen,
        findings.snapshot_at
    from published.main.findings as findings
    left join published.main.finding_types as types on findings.finding_type = types.finding_type
    where findings.status in ('new', 'open')
    order by list_position(['critical', 'high', 'medium', 'low'], findings.severity), findings.who_acts,
        findings.finding_type, findings.finding_id
"""

ACCESS_REVIEW = """
    with open_findings as (
        select user_id, count(*) as findings
        from published.main.findings
        where status in ('new', 'open') and user_id is not null
        group by user_id
    )
    select
        accounts.username as account, accounts.name, null as owner,
        case
            when accounts.is_integration_user then 'integration'
            when accounts.confidence = 'possible' then 'to be confirmed'
            when list_contains(accounts.reasons, 'system_user') then 'system'
            else 'person'
        end as kind,
        accounts.reasons as why, accounts.profile_name as profile, accounts.license_name as license,
        accounts.is_active, accounts.last_activity_at, coalesce(open_findings.findings, 0) as open_findings,
        null as keep_or_remove, null as note
    from published.main.integration_users as accounts
    left join open_findings on open_findings.user_id = accounts.user_id
    order by kind, lower(accounts.username), accounts.user_id
"""


def publish(files: OrgFiles) -> dict[str, int]:
    """Publishes what the newest run found.

    Args:
        files: The org's; its warehouse must have been built.

    Returns:
        Rows by table.

    Raises:
        OrgError: There are no findings to publish.
    """
    incoming = files.root / ".publishing"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    database = incoming / files.findings_database.name
    with open_warehouse(files.warehouse) as warehouse:
        warehouse.execute(f"attach '{_quoted(database)}' as published (storage_version '{STORAGE_VERSION}')")
        try:
            rows = {table: _copy(warehouse, schema, table) for schema, table in _tables(warehouse)}
            for table in rows:
                target = _quoted(incoming / f"{table}.parquet")
                warehouse.execute(f"copy published.main.{table} to '{target}' (format parquet, compression zstd)")
            _write_csv_files(warehouse, incoming, files.published)
        finally:
            warehouse.execute("detach published")
    _swap(incoming, files.published, last=database.name)
    return rows


def _tables(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """All tables of the marts, and the newest snapshot's findings of each type."""
    tables = warehouse.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name in ('marts', 'findings') order by table_name"
    ).fetchall()
    if ("marts", "findings") not in tables:
        raise OrgError("The findings are not built, so there is nothing to publish", "spendready run builds them")
    return tables


def _copy(warehouse: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    """Copies a table with what its columns are said to mean; in one order, so that equal data gives equal files."""
    warehouse.execute(f"create table published.main.{table} as from {schema}.{table} order by all")
    comments = warehouse.execute(
        "select null, comment from duckdb_tables() "
        "where database_name = current_database() and schema_name = $1 and table_name = $2 "
        "union all select column_name, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name = $1 and table_name = $2",
        [schema, table],
    ).fetchall()
    for column, comment in comments:
        if comment:
            what = f'column published.main.{table}."{column}"' if column else f"table published.main.{table}"
            warehouse.execute(f"comment on {what} is '{_quoted(comment)}'")
    count = warehouse.execute(f"select count(*) from published.main.{table}").fetchone()
    return int(count[0]) if count else 0


def _write_csv_files(warehouse: duckdb.DuckDBPyConnection, incoming: Path, published: Path) -> None:
    _write_csv(warehouse, "from published.main.findings order by finding_id", incoming / "findings.csv")
    _write_csv(warehouse, ACCESS_REVIEW, incoming / "access_review.csv")
    filled_in = _filled_in(published / "action_plan.csv")
    plan = warehouse.execute(ACTION_PLAN)
    columns = _columns(plan)
    with (incoming / "action_plan.csv").open("w", encoding=CSV_ENCODING, newline="") as stream:
        write_csv(
            stream,
            [*columns, *TO_FILL_IN],
            ([*row, *filled_in.get(row[0], ("",) * len(TO_FILL_IN))] for row in _rows(plan)),
        )


def _write_csv(warehouse: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    result = warehouse.execute(sql)
    with path.open("w", encoding=CSV_ENCODING, newline="") as stream:
        write_csv(stream, _columns(result), _rows(result))


def _columns(result: duckdb.DuckDBPyConnection) -> list[str]:
    return [column[0] for column in result.description or []]


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    while batch := result.fetchmany(10_000):
        yield from batch


def _filled_in(action_plan: Path) -> dict[str, tuple[str, ...]]:
    """What people wrote into last week's plan, by finding: it stays theirs as long as the finding is there.

    A plan that a spreadsheet saved in its own way is read as well; one that cannot be read at all is kept aside.
    """
    if not action_plan.exists():
        return {}
    with suppress(UnicodeDecodeError, csv.Error), action_plan.open(encoding=CSV_ENCODING, newline="") as stream:
        dialect = csv.Sniffer().sniff(stream.readline(), delimiters=",;\t")
        stream.seek(0)
        lines = csv.DictReader(stream, dialect=dialect)
        if {"finding_id", *TO_FILL_IN} <= set(lines.fieldnames or ()):
            return {line["finding_id"]: tuple(line[name] or "" for name in TO_FILL_IN) for line in lines}
    shutil.copy2(action_plan, action_plan.with_name("action_plan.unreadable.csv"))
    return {}


def _swap(incoming: Path, published: Path, last: str) -> None:
    """Puts the files in their places, the database when all others are in theirs; removes what is published no more."""
    names = sorted((path.name for path in incoming.iterdir()), key=lambda name: (name == last, name))
    for name in names:
        _flush(incoming / name)
    published.mkdir(parents=True, exist_ok=True)
    for name in names:
        (incoming / name).replace(published / name)
    for stale in {path.name for path in published.glob("*.parquet")} - set(names):
        (published / stale).unlink()
    _flush(published)
    incoming.rmdir()


def _flush(path: Path) -> None:
    """Makes sure that a file, or a folder's list of files, outlives a crash of the machine."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(text: Path | str) -> str:
    return str(text).replace("'", "''")
