"""While a week replaces another, and when the process that does it is killed, every reader has one whole week."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from spendready_pipeline.publish.week import publish
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review.warehouses import TYPES, build, finding

WEEKS, READERS, READS = 20, 2, 5
FINDINGS = 40
"""Of week 0; each week has one less than the week before, so that how many there are tells which week it is."""

# Reads from a `g` on standard input until the `d` after it, and then says of each read how many findings it met.
READER = """
import csv, json, os, select, sys
from pathlib import Path
import duckdb

duckdb.execute("set threads = 1")
published = Path(sys.argv[1])
tables = "findings", "finding_inactive_user", "coverage", "snapshots"

def of_database():
    with duckdb.connect(str(published / "findings.duckdb"), read_only=True, config={"threads": 1}) as database:
        met = [database.execute(
            "select count(*) from findings join finding_inactive_user using (finding_id, finding_type, snapshot_at) "
            "join finding_types using (finding_type) join coverage using (finding_type, snapshot_at)"
        ).fetchone()[0]]
        for table in tables:
            moments = database.execute(f"select snapshot_at, count(*) from {table} group by all").fetchall()
            assert len(moments) == 1, f"{table} has {len(moments)} snapshots"
            met.append(moments[0][1] if table.startswith("finding") else met[0])
        return met

def of_files():
    week = (published / "current").resolve(strict=True)
    met = [
        duckdb.sql(f"select count(*) from '{week}/{table}.parquet' where snapshot_at = "
                   f"(select max(snapshot_at) from '{week}/snapshots.parquet')").fetchall()[0][0]
        for table in tables[:2]
    ]
    with (week / "findings.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [*met, len(list(csv.DictReader(stream)))]

while os.read(0, 1):
    seen = []
    while len(seen) < int(sys.argv[2]) or not select.select([0], [], [], 0)[0]:
        met = [*of_database()] if len(seen) % 2 else [*of_files()]
        assert len(set(met)) == 1, f"parts of several weeks: {met}"
        seen.append(met[0])
    os.read(0, 1)
    print(json.dumps(seen), flush=True)
"""

# Publishes, and is killed the moment before Python does what is named to a path that ends so.
KILLED = """
import os, signal, sys
from pathlib import Path
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.publish.week import publish

def kill(event, args):
    if event == sys.argv[2] and str(args[0]).endswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
publish(OrgFiles(Path(sys.argv[1])))
"""


@pytest.fixture
def files(tmp_path: Path) -> OrgFiles:
    """An org with week 0 published."""
    files = OrgFiles(tmp_path / "acme")
    files.root.mkdir()
    build(files.warehouse, [finding("inactive_user", number) for number in range(FINDINGS)], finding_types=TYPES[-1:])
    publish(files)
    return files


def next_week(files: OrgFiles) -> None:
    """Makes the warehouse another week's: a finding less, and every row a week later."""
    with open_warehouse(files.warehouse) as warehouse:
        for table in ("marts.findings", "findings.finding_inactive_user"):
            warehouse.execute(f"delete from {table} where finding_id = (select max(finding_id) from {table})")
        for table in ("marts.findings", "findings.finding_inactive_user", "marts.coverage", "marts.snapshots"):
            warehouse.execute(f"update {table} set snapshot_at = snapshot_at + interval 7 days")


Start = Callable[[int], list["Reader"]]


class Reader:
    """Another process that reads what is published, each time anew."""

    def __init__(self, files: OrgFiles) -> None:
        command = [sys.executable, "-c", READER, str(files.published), str(READS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, what: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(what)
        self.process.stdin.flush()

    def met(self) -> list[int]:
        """How many findings each of its reads met."""
        self.say(b"d")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the reader failed: see its error"
        return [int(number) for number in json.loads(line)]

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture
def readers(files: OrgFiles) -> Iterator[Start]:
    """Starts so many readers."""
    with ExitStack() as stack:

        def start(number: int) -> list[Reader]:
            started = [Reader(files) for _ in range(number)]
            for each in started:
                stack.callback(each.close)
            return started

        yield start


def read_during(readers: list[Reader], files: OrgFiles) -> list[list[int]]:
    """Publishes while all readers read; what each of them met."""
    for each in readers:
        each.say(b"g")
    publish(files)
    return [each.met() for each in readers]


@pytest.mark.slow  # twenty weeks are published, while two processes read all the time
def test_200_reads_during_20_weeks_each_meet_one_whole_week(files: OrgFiles, readers: Start) -> None:
    reads, reading = 0, readers(READERS)
    for week in range(1, WEEKS + 1):
        next_week(files)
        for met in read_during(reading, files):
            assert set(met) <= {FINDINGS - week + 1, FINDINGS - week}, "a week that was not there"
            assert met == sorted(met, reverse=True), "a week came back"
            reads += len(met)
    assert reads >= WEEKS * READERS * READS
    assert read_during(reading, files)[0][-1] == FINDINGS - WEEKS


@pytest.mark.parametrize(
    ("event", "path", "left"),
    [
        pytest.param("os.mkdir", "/.weeks/.incoming", FINDINGS, id="before-anything-is-written"),
        pytest.param("open", "/.incoming/findings.csv", FINDINGS, id="with-the-database-open"),
        pytest.param("open", "/.incoming/action_plan.csv", FINDINGS, id="at-the-last-file"),
        pytest.param("os.rename", "/.weeks/.incoming", FINDINGS, id="before-the-week-has-its-name"),
        pytest.param("os.symlink", "20261130T060012Z", FINDINGS, id="before-the-link"),
        pytest.param("os.rename", "/.current.incoming", FINDINGS, id="before-the-exchange"),
        pytest.param("os.rename", "/.action_plan.csv.incoming", FINDINGS - 1, id="after-the-exchange"),
    ],
)
def test_a_killed_process_leaves_a_whole_week_and_the_next_repairs(
    files: OrgFiles, readers: Start, event: str, path: str, left: int
) -> None:
    next_week(files)
    (reader,) = readers(1)
    reader.say(b"g")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(files.root), event, path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert set(reader.met()) <= {FINDINGS, left}
    reader.say(b"g")
    assert set(reader.met()) == {left}
    publish(files)
    reader.say(b"g")
    assert set(reader.met()) == {FINDINGS - 1}
    assert_nothing_is_left(files)


@pytest.mark.parametrize("path", ["/.current.incoming", "/.action_plan.csv.incoming", "/.access_review.csv.incoming"])
@pytest.mark.parametrize("note", [b"", b"asked on Monday"])
def test_what_people_wrote_is_kept_once_and_under_its_week_whenever_a_run_is_killed(
    files: OrgFiles, path: str, note: bytes
) -> None:
    plan = files.published / "action_plan.csv"
    written = plan.read_bytes().replace(b',""\r\n', b',"' + note + b'"\r\n')
    plan.write_bytes(written)
    next_week(files)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(files.root), "os.rename", path], check=False)
    assert killed.returncode == -signal.SIGKILL
    publish(files)
    kept = {each.name: each.read_bytes() for each in files.published.glob("filled_in/*")}
    assert kept == ({"action_plan-20261123T060012Z.csv": written} if note else {})
    assert plan.read_bytes().count(b"asked on Monday") == (FINDINGS - 1 if note else 0)


def test_a_process_that_is_killed_from_outside_while_it_writes(files: OrgFiles, readers: Start) -> None:
    (reader,) = readers(1)
    next_week(files)
    written = files.published / ".weeks/.incoming/accounts.parquet"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(files.root), "never", ""]) as process:
        while process.poll() is None and not written.exists():
            pass
        process.kill()
    reader.say(b"g")
    assert set(reader.met()) in ({FINDINGS}, {FINDINGS - 1})
    publish(files)
    reader.say(b"g")
    assert set(reader.met()) == {FINDINGS - 1}
    assert_nothing_is_left(files)


def assert_nothing_is_left(files: OrgFiles) -> None:
    """Of what was killed; and each link leads to a file of the newest week, whose action plan people find."""
    weeks = {each.name for each in (files.published / ".weeks").iterdir()}
    assert ".incoming" not in weeks
    assert len(weeks) <= 3
    assert not [each for each in files.published.iterdir() if each.name.startswith(".") and each.name != ".weeks"]
    assert [each for each in files.published.iterdir() if not each.exists()] == []
    plan = (files.published / "action_plan.csv").read_text(encoding="utf-8-sig")
    assert plan == (files.published / "current/action_plan.csv").read_text(encoding="utf-8-sig")
    assert len(plan.splitlines()) == FINDINGS
