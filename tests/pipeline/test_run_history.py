"""Dagster's history does not grow for ever: old runs go, with their events and logs, through Dagster itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from spendready_pipeline.orchestration.run_history import prune_runs

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
