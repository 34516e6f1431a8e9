"""The warehouse opens in UTC, closes whatever happens, and says why it cannot be opened."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.warehouse import open_warehouse, transaction


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only who may mount a disk can fill one")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said_to_be_full(small_disk: Path) -> None:
    path = small_disk / "acme/warehouse.duckdb"
    with open_warehouse(path) as warehouse:
        warehouse.execute("create schema raw; create table raw.t as select 1 as i")
    with (
        pytest.raises(OrgError, match=r"acme/warehouse\.duckdb: No space left on device\. Check that .* has space"),
        open_warehouse(path) as warehouse,
        transaction(warehouse, "raw"),
    ):
        warehouse.execute("create or replace table raw.t as select uuid() as i from range(1000000)")
    with open_warehouse(path, read_only=True) as warehouse:
        assert warehouse.execute("from raw.t").fetchall() == [(1,)]


def test_times_are_utc_in_every_cursor(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "acme/warehouse.duckdb") as warehouse:
        for connection in (warehouse, warehouse.cursor()):
            assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_it_is_closed_when_the_work_fails(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with pytest.raises(ZeroDivisionError), open_warehouse(path):
        raise ZeroDivisionError
    taken = subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.connect({str(path)!r})"], capture_output=True)
    assert taken.returncode == 0


def test_it_spills_beside_the_file(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "warehouse.duckdb", config={"memory_limit": "200MB"}) as warehouse:
        row = warehouse.execute("select current_setting('temp_directory'), current_setting('memory_limit')").fetchone()
    assert row == (str(tmp_path / "warehouse.duckdb.tmp"), "190.7 MiB")


def test_a_file_that_another_program_holds_is_named_with_it(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "warehouse.duckdb"
    with open_warehouse(path) as warehouse:
        warehouse.execute("create table t (i int)")
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with (
            pytest.raises(
                OrgError, match=rf"acme/warehouse\.duckdb is held by another program \(process {holder.pid}\)"
            ),
            open_warehouse(path),
        ):
            pass
    finally:
        holder.communicate(b"\n")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("something else\n" * 1000)
    with pytest.raises(OrgError, match="cannot be opened as a DuckDB database"), open_warehouse(path):
        pass
    assert path.read_text().startswith("something else")


def test_a_warehouse_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "warehouse.duckdb"
    with pytest.raises(OrgError, match=r"acme/warehouse\.duckdb is not there"), open_warehouse(path, read_only=True):
        pass
    assert not path.parent.exists()
