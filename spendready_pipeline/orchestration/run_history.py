"""Dagster's own history: runs and their logs, of which Dagster itself deletes none."""

from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage

from spendready_pipeline.maintenance.pruning import KEPT_WHATEVER_AGE

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_ORG = "dagster/partition"


def prune_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Deletes ended runs that began before a moment, with their events and logs; the newest of each org are kept.

    Args:
        instance: The instance.
        before: The moment.

    Returns:
        How many were deleted.
    """
    kept: Counter[str] = Counter()
    deleted = 0
    for record in instance.get_run_records(dg.RunsFilter(statuses=_ENDED)):  # the newest first
        org = record.dagster_run.tags.get(_ORG, "")
        kept[org] += 1
        if kept[org] > KEPT_WHATEVER_AGE and record.create_timestamp < before:
            _delete_run(instance, record.dagster_run.run_id)
            deleted += 1
    return deleted


def _delete_run(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = _event_storage(instance)
    if isinstance(storage, SqliteEventLogStorage):
        # SQLite has a file for each run; Dagster empties it, and leaves it as large as it was.
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{storage.path_for_shard(run_id)}{suffix}").unlink()


def _event_storage(instance: dg.DagsterInstance) -> object:
    """Dagster's event storage itself: the instance may hand out a wrapper around it."""
    storage = instance.event_log_storage
    return getattr(storage, "_storage", storage)
