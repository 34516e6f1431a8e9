"""What is published is the week's, whole, for whatever program reads it, however often it is replaced."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spendready_pipeline.errors import OrgError
from spendready_pipeline.publish.week import publish
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review.warehouses import A_WEEK, SNAPSHOT_AT, TYPES, build, finding

Publish = Callable[..., OrgFiles]
TABLES = {
    "accounts",
    "audit_run",
    "data_quality",
    "object_coverage",
    "findings",
    "finding_history",
    "finding_types",
    "coverage",
    "integration_users",
    "license_usage",
    "policy_exemptions",
    "policy_warnings",
    "snapshots",
    *(f"finding_{each['finding_type']}" for each in TYPES),
}


@pytest.fixture
def published(tmp_path: Path) -> Publish:
    """Writes a warehouse with these rows (see tests/review/warehouses.py) in place of the last, and publishes it."""
    files = OrgFiles(tmp_path / "acme")
    files.root.mkdir()

    def make(*args: Any, **kwargs: Any) -> OrgFiles:
        files.warehouse.unlink(missing_ok=True)
        build(files.warehouse, *args, **kwargs)
        publish(files)
        return files

    return make


def rows(files: OrgFiles, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(files.findings_database), read_only=True) as database:
        return database.execute(sql).fetchall()


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_database_has_every_table_with_the_rows_of_the_marts(published: Publish) -> None:
    findings = [finding("inactive_user", n) for n in range(3)] + [finding("inactive_user", 9, status="resolved")]
    files = published(findings)
    assert {
        name for (name,) in rows(files, "select table_name from duckdb_tables() where schema_name = 'main'")
    } == TABLES
    assert rows(files, "select finding_id, status from findings order by all") == sorted(
        (each["finding_id"], each["status"]) for each in findings
    )
    assert rows(files, "select count(*) from finding_inactive_user") == [(3,)]
    assert rows(files, "select distinct snapshot_at = timestamptz '2026-11-23 06:00:12+00' from findings") == [(True,)]


def test_it_says_how_many_rows_each_table_has(tmp_path: Path) -> None:
    files = OrgFiles(tmp_path)
    build(files.warehouse, [finding("inactive_user", n) for n in range(3)])
    counted = publish(files)
    assert counted.keys() == TABLES
    assert (counted["findings"], counted["finding_inactive_user"], counted["finding_types"]) == (3, 3, len(TYPES))


def test_parquet_has_the_same_tables(published: Publish) -> None:
    files = published([finding("inactive_user", 1, evidence={"days_inactive": 91})])
    assert {path.stem for path in files.published.glob("*.parquet")} == TABLES
    found = duckdb.sql(f"select finding_id, evidence ->> 'days_inactive' from '{files.published}/findings.parquet'")
    assert found.fetchall() == [("inactive_use-00001", "91")]


def test_a_finding_type_that_is_gone_leaves_no_file_behind(published: Publish) -> None:
    files = published()
    (files.published / "finding_of_old.parquet").write_bytes(b"PAR1")
    publish(files)
    assert {path.stem for path in files.published.glob("*.parquet")} == TABLES
    assert not [path for path in files.root.iterdir() if path.name.startswith(".")]


def test_older_versions_of_duckdb_can_open_it(published: Publish) -> None:
    files = published()
    tags = rows(files, "select tags from duckdb_databases() where database_name = 'findings'")
    assert tags[0][0]["storage_version"].startswith("v1.0.0")


def test_what_columns_mean_is_published_with_them(published: Publish, tmp_path: Path) -> None:
    files = published()
    with open_warehouse(files.warehouse) as warehouse:
        warehouse.execute("comment on table marts.findings is 'One row a finding; it''s kept 90 days'")
        warehouse.execute("comment on column marts.findings.first_seen is 'When a snapshot first saw it'")
    publish(files)
    said = rows(files, "select comment from duckdb_tables() where table_name = 'findings'")
    assert said == [("One row a finding; it's kept 90 days",)]
    column = "select comment from duckdb_columns() where table_name = 'findings' and column_name = 'first_seen'"
    assert rows(files, column) == [("When a snapshot first saw it",)]


def test_the_csv_opens_in_a_spreadsheet_and_obeys_no_name(published: Publish) -> None:
    files = published(
        [
            finding("inactive_user", 1, subject_name='=HYPERLINK("http://x","y")', username='Łukasz 田中, "x"\n'),
            finding("inactive_user", 2, subject_name="-1", annual_cost=-5, controls=["SOC2 CC6.1", "NIST IA-5"]),
        ]
    )
    assert (files.published / "findings.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    first, second = csv_rows(files.published / "findings.csv")
    assert first["subject_name"] == '\'=HYPERLINK("http://x","y")'
    assert first["username"] == 'Łukasz 田中, "x"\n'
    assert (second["subject_name"], second["annual_cost"]) == ("'-1", "-5.00")
    assert second["controls"] == "SOC2 CC6.1; NIST IA-5"
    assert second["first_seen"] == "2026-11-09T06:00:12Z"


def test_programs_read_the_csv_back(published: Publish) -> None:
    files = published([finding("inactive_user", 1)])
    again = duckdb.sql(f"select * from read_csv('{files.published}/findings.csv')")
    assert again.columns[0] == "finding_id", "the mark at its start belongs to no name"
    assert len(again.fetchall()) == 1


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        pytest.param("utf-8-sig", ";", id="another-locale"),
        pytest.param("cp1252", ";", id="plain-csv-of-windows"),
        pytest.param("utf-16", "\t", id="unicode-text"),
    ],
)
def test_the_action_plan_keeps_what_people_wrote(published: Publish, encoding: str, delimiter: str) -> None:
    files = published([finding("inactive_user", 1), finding("inactive_user", 2), finding("inactive_user", 3)])
    plan = files.published / "action_plan.csv"
    lines = csv_rows(plan)
    assert [(line["owner"], line["due_date"], line["note"]) for line in lines] == [("", "", "")] * 3
    lines[0] |= {"owner": "Zoë", "due_date": "2026-12-01", "note": 'asked "Bo; or Al"; waits'}
    # As a spreadsheet saves it in a way of its own.
    with plan.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, lines[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(lines)
    filled_in = plan.read_bytes()
    published(
        [finding("inactive_user", 1), finding("inactive_user", 3, status="resolved"), finding("inactive_user", 4)]
    )
    assert (files.published / "filled_in/action_plan-20261123T060012Z.csv").read_bytes() == filled_in
    assert [(line["finding_id"], line["owner"], line["note"]) for line in csv_rows(plan)] == [
        ("inactive_use-00001", "Zoë", 'asked "Bo; or Al"; waits'),
        ("inactive_use-00004", "", ""),
    ]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("owner\nZoë\n".encode("latin-1"), id="another-encoding"),
        pytest.param(b"finding_id,comment\nx,y\n", id="columns-taken-away"),
        pytest.param(b"", id="empty"),
    ],
)
def test_an_action_plan_that_cannot_be_read_is_kept_aside(published: Publish, content: bytes) -> None:
    files = published([finding("inactive_user", 1)])
    (files.published / "action_plan.csv").write_bytes(content)
    publish(files)
    assert (files.published / "filled_in/action_plan-20261123T060012Z.csv").read_bytes() == content
    assert len(csv_rows(files.published / "action_plan.csv")) == 1


def test_the_access_review_lists_accounts_to_keep_or_remove(published: Publish) -> None:
    account = {"is_active": True, "email": "who@acme.example", "last_activity_at": SNAPSHOT_AT - A_WEEK}
    kinds = {"a": "person", "b": "integration", "c": "to_be_confirmed", "d": "system"}
    files = published(
        [finding("inactive_user", 1, user_id="b"), finding("stale_oauth_token", 2, user_id="b")],
        accounts=[account | {"user_id": name, "username": name, "kind": kind} for name, kind in kinds.items()]
        + [account | {"user_id": "e", "username": "e", "kind": "person", "is_active": False}],
    )
    columns = ("Account Name", "Account Owner", "Status", "User Type", "Open Findings", "Last Activity (UTC)")
    told = [tuple(line[name] for name in columns) for line in csv_rows(files.published / "access_review.csv")]
    assert told == [
        ("b", "", "Active", "Service", "2", "2026-11-16"),
        ("c", "", "Active", "To be confirmed", "0", "2026-11-16"),
        ("a", "who@acme.example", "Active", "User", "0", "2026-11-16"),
    ]


def test_the_same_week_gives_the_same_rows_in_the_same_order(published: Publish) -> None:
    findings = [finding("inactive_user", n) for n in range(50)]
    one = (published(findings).published / "findings.csv").read_bytes()
    other = (published(list(reversed(findings))).published / "findings.csv").read_bytes()
    assert one == other


def test_a_warehouse_without_findings_leaves_what_is_published(published: Publish) -> None:
    files = published([finding("inactive_user", 1)])
    files.warehouse.unlink()
    with pytest.raises(OrgError, match="spendready run"):
        publish(files)
    assert rows(files, "select count(*) from findings") == [(1,)]


def test_a_run_that_died_half_way_is_made_good_by_the_next(published: Publish) -> None:
    files = published([finding("inactive_user", 1)])
    rubbish = files.published / ".weeks/.incoming"
    rubbish.mkdir()
    (rubbish / "findings.duckdb").write_bytes(b"half a file")
    (rubbish / "findings.duckdb.wal").write_bytes(b"half a log")
    publish(files)
    assert not rubbish.exists()
    assert rows(files, "select count(*) from findings") == [(1,)]


def test_all_files_change_at_once_and_a_week_stays_whole(published: Publish) -> None:
    files = published([finding("inactive_user", 1)])
    week = (files.published / "current").resolve()
    published([finding("inactive_user", n) for n in range(7)])
    found = "select count(*) from '{}/finding_inactive_user.parquet'"
    assert duckdb.sql(found.format(week)).fetchall() == [(1,)]
    assert duckdb.sql(found.format(files.published)).fetchall() == [(7,)]
    assert len(csv_rows(week / "findings.csv")) == 1
    links = [path for path in files.published.iterdir() if path.suffix in (".parquet", ".duckdb")]
    assert {str(path.readlink().parent) for path in links} == {"current"}


READER = """
import sys, duckdb
sys.stdout.write("ready\\n"); sys.stdout.flush()
seen = set()
for _ in range(50):
    with duckdb.connect(sys.argv[1], read_only=True) as database:
        week = database.execute(
            "select (select count(*) from findings), (select count(*) from finding_inactive_user), "
            "(select count(distinct snapshot_at) "
            "from (select snapshot_at from findings union select snapshot_at from coverage))"
        ).fetchone()
    assert week in ((10, 10, 1), (400, 400, 1)), week
    seen.add(week)
print(len(seen))
"""


def test_readers_always_see_one_whole_week(published: Publish, tmp_path: Path) -> None:
    weeks = []
    for name, number in (("one", 10), ("other", 400)):
        at = SNAPSHOT_AT if name == "one" else SNAPSHOT_AT + A_WEEK
        path = build(tmp_path / f"{name}.duckdb", [finding("inactive_user", n, snapshot_at=at) for n in range(number)])
        with open_warehouse(path) as warehouse:
            warehouse.execute("update marts.coverage set snapshot_at = $1", [at])
        weeks.append(path)
    files = published([finding("inactive_user", n) for n in range(10)])
    command = [sys.executable, "-c", READER, str(files.findings_database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        times = 0
        while reader.poll() is None:
            shutil.copyfile(weeks[times % 2], files.warehouse)
            publish(files)
            times += 1
        assert reader.returncode == 0
        assert reader.stdout.read() == "2\n", "the reader met both weeks"
    assert times > 2


def test_a_reader_that_has_the_old_file_open_keeps_reading_it(published: Publish) -> None:
    files = published([finding("inactive_user", n) for n in range(5)])
    # Another process: within one, DuckDB shares an open file by its name.
    script = (
        "import sys, duckdb\n"
        "with duckdb.connect(sys.argv[1], read_only=True) as database:\n"
        "    print('open', flush=True); sys.stdin.readline()\n"
        "    print(database.execute('select count(*) from findings').fetchone()[0])\n"
    )
    command = [sys.executable, "-c", script, str(files.findings_database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        published([finding("inactive_user", 1)])
        told, _ = reader.communicate("go on\n")
    assert told == "5\n"
    assert rows(files, "select count(*) from findings") == [(1,)]


def test_a_backup_that_followed_the_links_is_published_over(published: Publish, tmp_path: Path) -> None:
    files = published([finding("inactive_user", 1)])
    shutil.copytree(files.published, tmp_path / "backup", symlinks=False)
    shutil.rmtree(files.published)
    shutil.copytree(tmp_path / "backup", files.published)
    published([finding("inactive_user", n) for n in range(2)])
    assert rows(files, "select count(*) from findings") == [(2,)]
    assert (files.published / "current").is_symlink()
