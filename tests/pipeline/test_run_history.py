"""Dagster's history does not grow for ever: old runs go, with their events and logs, through Dagster itself."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

from spendready_pipeline.orchestration.run_history import connections_kept, prune_runs

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


@dg.op
def talkative(context: dg.OpExecutionContext) -> None:
    context.log.info("a line")


@dg.job(partitions_def=dg.StaticPartitionsDefinition(["acme", "uat"]))
def audit() -> None:
    talkative()


@pytest.fixture
def instance(tmp_path: Path):
    """An instance on the disk, with six runs of acme and two of uat."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for org, runs in (("acme", 6), ("uat", 2)):
            for _ in range(runs):
                audit.execute_in_process(instance=instance, partition_key=org)
        yield instance


def runs(instance: dg.DagsterInstance) -> list[str]:
    return sorted(run.tags["dagster/partition"] for run in instance.get_runs())


def test_old_runs_go_but_for_the_newest_four_of_each_org(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    newest = [run.run_id for run in instance.get_runs(dg.RunsFilter(tags={"dagster/partition": "acme"}))][:4]
    assert prune_runs(instance, LATER) == 2
    assert runs(instance) == ["acme"] * 4 + ["uat"] * 2
    left = {run.run_id for run in instance.get_runs()}
    assert set(newest) <= left
    shards = {path.stem for path in (tmp_path / "history" / "runs").glob("*.db")} - {"index"}
    assert shards == left, "the files of deleted runs are deleted"
    assert {path.name for path in (tmp_path / "storage").iterdir() if path.is_dir()} <= left
    assert all(instance.all_logs(run_id) for run_id in left)


def test_young_runs_stay(instance: dg.DagsterInstance) -> None:
    assert prune_runs(instance, NOW - timedelta(days=400)) == 0
    assert len(runs(instance)) == 8


def test_a_run_that_is_under_way_stays(instance: dg.DagsterInstance) -> None:
    record = instance.get_run_records()[-1]  # the oldest
    instance.create_run_for_job(audit, tags={"dagster/partition": "acme"}, status=dg.DagsterRunStatus.STARTED)
    assert record.dagster_run.status is dg.DagsterRunStatus.SUCCESS
    prune_runs(instance, LATER)
    assert [run.status for run in instance.get_runs()].count(dg.DagsterRunStatus.STARTED) == 1


def open_files(folder: Path) -> set[str]:
    """The databases in a folder that this process has open, as Linux lists them."""
    files = (path.resolve() for path in Path("/proc/self/fd").iterdir())
    return {path.name for path in files if path.parent == folder.resolve() and path.suffix == ".db"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
def test_a_run_keeps_its_history_open_and_others_read_it_meanwhile(tmp_path: Path) -> None:
    history = tmp_path / "history" / "runs"
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        with connections_kept(instance), connections_kept(instance):
            run_id = audit.execute_in_process(instance=instance, partition_key="acme").run_id
            assert open_files(history) == {"index.db", f"{run_id}.db"}
            with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as other:
                seen = [event.user_message for event in other.all_logs(run_id)]
                assert other.get_run_by_id(run_id).is_success
        assert open_files(history) == set()
        assert [event.user_message for event in instance.all_logs(run_id)] == seen
    assert "a line" in seen


def test_history_that_is_not_sqlite_is_left_as_it_is() -> None:
    with dg.DagsterInstance.ephemeral() as instance, connections_kept(instance), connections_kept(None):
        assert audit.execute_in_process(instance=instance, partition_key="acme").success
