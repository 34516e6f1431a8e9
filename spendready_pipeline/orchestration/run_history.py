"""Dagster's own history: runs and their logs, of which Dagster itself deletes none."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

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


@contextmanager
def connections_kept(instance: dg.DagsterInstance | None) -> Iterator[None]:
    """Keeps the files of Dagster's events open while the block lasts, where they are SQLite.

    A run has about 700 events. Dagster opens a file for each, and closes it: SQLite then copies its log into the file
    and waits for the disk. That took a third of the time of the run's own process.

    Args:
        instance: The instance. Where another block keeps its files open already, this one changes nothing.
    """
    storage = _event_storage(instance) if instance else None
    if not isinstance(storage, SqliteEventLogStorage) or "_connect" in vars(storage):
        yield
        return
    connect, engines = storage._connect, {}

    @contextmanager
    def kept(shard: str) -> Iterator[sa.Connection]:
        if shard not in engines:
            with connect(shard):  # makes the file where there is none
                engines[shard] = _keep_open(storage.conn_string_for_shard(shard))
        with storage._db_lock, engines[shard].begin() as connection:
            yield connection

    storage._connect = kept  # type: ignore[method-assign]
    try:
        yield
    finally:
        del storage._connect
        for engine in engines.values():
            engine.dispose()


def _keep_open(address: str) -> sa.Engine:
    """One connection to a SQLite file, for one thread at a time.

    What a killed process had committed is kept; a machine that loses its power may lose the last events, no more.
    """
    options = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    engine = sa.create_engine(address, poolclass=sa.StaticPool, connect_args=options)
    with engine.connect() as connection:
        connection.execute(sa.text("pragma synchronous = normal"))
    return engine


def _event_storage(instance: dg.DagsterInstance) -> object:
    """Dagster's event storage itself: the instance may hand out a wrapper around it."""
    storage = instance.event_log_storage
    return getattr(storage, "_storage", storage)
