"""What people and other tools query: a copy of the findings beside the warehouse, replaced so that nobody meets half.

Each week is a folder of its own under `published/.weeks/`, flushed and never changed again. `published/current` is a
link to the newest; `findings.duckdb`, the Parquet files and `findings.csv` are links through it. One rename of
`current` so exchanges all files at once, a run that is killed leaves the old week or the new one, and who opens
several files of one week resolves `current` once. A reader keeps what it has open; the two weeks before stay a while
for those who are about to open more. What people write into is no link: see `worksheets`.
"""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from spendready_pipeline.errors import OrgError
from spendready_pipeline.publish.worksheets import WORKSHEETS, keep_what_people_wrote, put_in_place, write_worksheets
from spendready_pipeline.storage.files import (
    OrgFiles,
    flush,
    free_path,
    snapshot_folder_name,
    snapshot_moment,
    write_atomically,
)
from spendready_pipeline.storage.safe_csv import write_query
from spendready_pipeline.storage.warehouse import identifier, literal, open_warehouse, row_count

# What any DuckDB 1.x opens; the format of the newest version would shut out the tools that people have.
STORAGE_VERSION = "v1.0.0"
_INCOMING = ".incoming"
WEEKS_KEPT = 3


def publish(
    files: OrgFiles, to_deliver: Mapping[str, bytes] | None = None, weeks_kept: int = WEEKS_KEPT
) -> dict[str, int]:
    """Publishes what the newest run found.

    Args:
        files: The org's; its warehouse must have been built.
        to_deliver: What destinations get of the week besides, by path within its folder.
        weeks_kept: How many weeks are kept, this one included.

    Returns:
        Rows by table.

    Raises:
        OrgError: There are no findings to publish.
    """
    weeks = files.weeks
    incoming = weeks / _INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    database = incoming / files.findings_database.name
    with open_warehouse(files.warehouse, folders=[incoming]) as warehouse:
        warehouse.execute(f"attach {literal(str(database))} as published (storage_version '{STORAGE_VERSION}')")
        try:
            rows = {table: _copy(warehouse, schema, table) for schema, table in _tables(warehouse)}
            for table in rows:
                target = literal(str(incoming / f"{table}.parquet"))
                source = f"published.main.{identifier(table)}"
                warehouse.execute(f"copy {source} to {target} (format parquet, compression zstd)")
            write_query(warehouse, "from published.main.findings order by finding_id", incoming / "findings.csv")
            write_worksheets(warehouse, incoming, files.published)
            name = _week_name(warehouse)
        finally:
            warehouse.execute("detach published")
    for name_within, content in (to_deliver or {}).items():
        write_atomically(incoming / name_within, content)
    for path in (*incoming.rglob("*"), incoming):
        flush(path)
    week = incoming.rename(free_path(weeks / name))
    _exchange(files, week)
    for old in _oldest_weeks(week, weeks_kept):
        shutil.rmtree(old)
    return rows


def withdraw(files: OrgFiles, snapshot_at: datetime) -> str | None:
    """Takes back the weeks that were published of a snapshot; the newest other one takes the place of the current.

    What people wrote into the worksheets is kept under `filled_in/`.

    Args:
        files: The org's.
        snapshot_at: The snapshot's moment.

    Returns:
        The week that is published now; None where none is left; empty where the current one is another's.
    """
    if not files.weeks.is_dir():
        return ""
    current = files.current_week.resolve().name
    taken_back = [path for path in files.weeks.iterdir() if snapshot_moment(path.name) == snapshot_at]
    published: str | None = ""
    if current in {path.name for path in taken_back} or not files.current_week.exists():
        left = [path for path in files.weeks.iterdir() if path not in taken_back and path.name != _INCOMING]
        previous = max(left, key=lambda path: path.stat().st_mtime_ns, default=None)
        published = previous.name if previous else None
        if previous:
            _exchange(files, previous)
        else:
            _unpublish(files, current)
    for week in taken_back:
        shutil.rmtree(week, ignore_errors=True)
    return published


def _unpublish(files: OrgFiles, week: str) -> None:
    """Removes the links and worksheets of the only week that there was."""
    keep_what_people_wrote(files.published, files.weeks, week)
    for path in files.published.iterdir():
        if path.is_symlink() or path.name in WORKSHEETS:
            path.unlink()
    flush(files.published)


def published_snapshots(files: OrgFiles) -> set[datetime]:
    """The moments of the snapshots that people query, UTC; none where nothing is published.

    Raises:
        OrgError: The published database cannot be opened.
    """
    if not files.findings_database.exists():
        return set()
    with open_warehouse(files.findings_database, read_only=True) as published:
        rows = published.execute("select snapshot_at from snapshots where snapshot_at is not null").fetchall()
    return {snapshot_at.astimezone(UTC) for (snapshot_at,) in rows}


def _week_name(warehouse: duckdb.DuckDBPyConnection) -> str:
    row = warehouse.execute("select max(snapshot_at) from published.main.snapshots").fetchone()
    return snapshot_folder_name(row[0]) if row and row[0] else "week"


def _exchange(files: OrgFiles, week: Path) -> None:
    """Makes a week the current one, by one rename; then sees to the links and the worksheets."""
    published, current = files.published, files.current_week
    flush(week.parent)
    keep_what_people_wrote(published, week.parent, current.resolve().name)
    _link(current, f"{week.parent.name}/{week.name}")
    names = {path.name for path in week.iterdir() if path.is_file()} - set(WORKSHEETS)
    for name in sorted(names):
        if not (published / name).is_symlink():
            _link(published / name, f"{current.name}/{name}")
    for path in published.iterdir():
        if (path.is_symlink() or path.suffix == ".parquet") and path.name not in {*names, current.name}:
            path.unlink()
    put_in_place(week, published)
    flush(published)


def _link(path: Path, target: str) -> None:
    """Makes a link, or exchanges what stands in its place, by one rename."""
    incoming = path.with_name(f".{path.name}.incoming")
    incoming.unlink(missing_ok=True)
    incoming.symlink_to(target)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)  # a backup that follows links was put back: the link's place is a copy of the week
    incoming.replace(path)


def _oldest_weeks(current: Path, kept: int) -> list[Path]:
    others = [path for path in current.parent.iterdir() if path != current]
    return sorted(others, key=lambda path: path.stat().st_mtime_ns)[: max(len(others) - (kept - 1), 0)]


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
    target = f"published.main.{identifier(table)}"
    warehouse.execute(f"create table {target} as from {identifier(schema)}.{identifier(table)} order by all")
    comments = warehouse.execute(
        "select null, comment from duckdb_tables() "
        "where database_name = current_database() and schema_name = $1 and table_name = $2 "
        "union all select column_name, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name = $1 and table_name = $2",
        [schema, table],
    ).fetchall()
    for column, comment in comments:
        if comment:
            what = f"column {target}.{identifier(column)}" if column else f"table {target}"
            warehouse.execute(f"comment on {what} is {literal(comment)}")
    return row_count(warehouse, target)
