"""What Dagster hands to the assets: the org of the run."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from spendready_pipeline.config.secrets import withdraw_secrets
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.errors import OrgError
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.orchestration.logging import log_for_readers
from spendready_pipeline.orchestration.outcomes import RunInProgress, as_dagster_failure
from spendready_pipeline.orchestration.run_history import connections_kept
from spendready_pipeline.settings import OrgSettings, Settings, load_settings, org_names
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.private_files import private_folder

ORGS = dg.StaticPartitionsDefinition(org_names())
"""A partition an org; Salesforce answers for now only, so there is none by time."""

AGAIN = "spendready/again"
"""The tag of a run that sends the week once more to the destination that it names, whatever that one has."""


class Audit(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The org that a run audits: its settings and files, locked against a second run while this one lasts."""

    _org: OrgSettings | None = PrivateAttr(default=None)
    _files: OrgFiles | None = PrivateAttr(default=None)
    _destinations: tuple[Destination, ...] = PrivateAttr(default=())
    _again: str | None = PrivateAttr(default=None)
    _settings: Settings | None = PrivateAttr(default=None)
    _ends_at: float = PrivateAttr(default=math.inf)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Audit"]:
        """Takes the org from the run's partition.

        Raises:
            dg.Failure: The configuration is wrong, the run names no org, or another run of the org is under way.
        """
        with as_dagster_failure():
            tags = context.run.tags if context.run else {}
            name = tags.get("dagster/partition", "")
            if not name:
                raise OrgError("The run names no org", "Choose an org (a partition) when you launch it")
            withdraw_secrets()
            settings = load_settings(org=name)
            self._settings = settings
            self._org, self._files = settings.org(name), settings.files(name)
            self._ends_at = time.monotonic() + self._org.limits.run_hours * 3_600
            self._destinations, self._again = settings.delivery, tags.get(AGAIN)
            was_open = private_folder(self._files.root)
            lock = FileLock(self._files.lock, timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise RunInProgress(
                    f"{name}: another run of this org is under way. Wait until it has ended", allow_retries=False
                ) from None
        try:
            if context.instance and context.run:
                _end_lost_runs(context.instance, context.run, name)
            if was_open:
                log_for_readers(context.log, name, f"other users could read {self._files.root}; now they cannot")
            with connections_kept(context.instance):
                yield self
        finally:
            lock.release()

    @property
    def org(self) -> OrgSettings:
        """The settings of the run's org."""
        assert self._org is not None, "only within a run"  # noqa: S101
        return self._org

    @property
    def files(self) -> OrgFiles:
        """The files of the run's org.

        Raises:
            dg.Failure: The run has taken longer than `limits.run_hours`: the stage that asks does not start.
        """
        assert self._files is not None, "only within a run"  # noqa: S101
        if time.monotonic() > self._ends_at:
            raise dg.Failure(
                f"{self.org.name}: the run has taken more than {self.org.limits.run_hours} hours (limits.run_hours), "
                "so its next stage did not start. See in Dagster which stage took long, or raise that limit",
                allow_retries=False,
            )
        return self._files

    @property
    def all_files(self) -> list[OrgFiles]:
        """The files of all orgs: they share a disk."""
        assert self._settings is not None, "only within a run"  # noqa: S101
        return [self._settings.files(each.name) for each in self._settings.orgs]

    @property
    def data_dir(self) -> Path:
        """The folder of all orgs."""
        return self.files.root.parent

    @property
    def keep(self) -> Keep:
        """How long what runs leave behind is kept."""
        assert self._settings is not None, "only within a run"  # noqa: S101
        return self._settings.keep

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Where reports go."""
        return self._destinations

    @property
    def again(self) -> str | None:
        """The destination that gets the week once more."""
        return self._again


def _end_lost_runs(instance: dg.DagsterInstance, run: dg.DagsterRun, org: str) -> None:
    """Records the end of runs whose process was lost: while this one holds the org's lock, no other goes on."""
    statuses = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    this = instance.get_run_record_by_id(run.run_id)
    for each in instance.get_run_records(dg.RunsFilter(statuses=statuses, tags={"dagster/partition": org})):
        if not this or each.dagster_run.run_id == run.run_id or each.create_timestamp >= this.create_timestamp:
            continue
        if each.dagster_run.status is dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(each.dagster_run)
        else:
            instance.report_run_failed(each.dagster_run, f"Its process was lost; run {run.run_id} of {org} found out")
