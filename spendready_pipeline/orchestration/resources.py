"""What Dagster hands to the assets: the org of the run."""

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from spendready_pipeline.config.secrets import withdraw_secrets
from spendready_pipeline.errors import OrgError, SpendReadyError, translate_os_errors
from spendready_pipeline.orchestration.logging import log_for_readers
from spendready_pipeline.orchestration.outcomes import START, RunInProgressError, failure_of
from spendready_pipeline.orchestration.run_history import connections_kept
from spendready_pipeline.settings import OrgSettings, Settings, load_settings, org_names
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.private_files import private_folder

ORGS = dg.StaticPartitionsDefinition(org_names())
"""A partition an org; Salesforce answers for now only, so there is none by time."""


class Audit(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The org that a run audits: its settings and files, locked against a second run while this one lasts."""

    _org: OrgSettings | None = PrivateAttr(default=None)
    _files: OrgFiles | None = PrivateAttr(default=None)
    _settings: Settings | None = PrivateAttr(default=None)
    _ends_at: float = PrivateAttr(default=math.inf)
    _not_started: SpendReadyError | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Audit"]:
        """Takes the org from the run's partition.

        Where the configuration is wrong, the run names no org, or another run of the org is in progress, each stage
        fails when it asks for the org: of a step that failed, Dagster keeps what happened as metadata.
        """
        with ExitStack() as held:
            try:
                with translate_os_errors():
                    self._start(context, held)
                self._not_started = None
            except SpendReadyError as error:
                self._not_started = error
            yield self

    def _start(self, context: dg.InitResourceContext, held: ExitStack) -> None:
        tags = context.run.tags if context.run else {}
        name = tags.get("dagster/partition", "")
        if not name:
            raise OrgError("The run names no org", "Choose an org (a partition) when you launch it")
        withdraw_secrets()
        self._settings = settings = load_settings(org=name)
        self._org, self._files = settings.org(name), settings.files(name)
        self._ends_at = time.monotonic() + self._org.limits.run_hours * 3_600
        was_open = private_folder(self._files.root)
        try:
            held.enter_context(FileLock(self._files.lock, timeout=0))
        except Timeout:
            raise RunInProgressError(f"{name}: another run of this org is in progress", "Wait until it ends") from None
        if context.instance and context.run:
            _end_lost_runs(context.instance, context.run, name)
        if was_open:
            log_for_readers(context.log, name, f"other users could read {self._files.root}; now they cannot")
        held.enter_context(connections_kept(context.instance))

    @property
    def settings(self) -> Settings:
        """The configuration.

        Raises:
            dg.Failure: The run could not start.
        """
        if self._not_started:
            raise failure_of(self._not_started, START)
        assert self._settings is not None, "only within a run"  # noqa: S101
        return self._settings

    @property
    def org(self) -> OrgSettings:
        """The settings of the run's org.

        Raises:
            dg.Failure: The run could not start.
        """
        if self._not_started:
            raise failure_of(self._not_started, START)
        assert self._org is not None, "only within a run"  # noqa: S101
        return self._org

    @property
    def files(self) -> OrgFiles:
        """The files of the run's org.

        Raises:
            dg.Failure: The run could not start, or has taken longer than `limits.run_hours`: the stage that asks does
                not start.
        """
        org = self.org
        assert self._files is not None, "only within a run"  # noqa: S101
        if time.monotonic() > self._ends_at:
            late = OrgError(
                f"{org.name}: the run has taken more than {org.limits.run_hours} hours (limits.run_hours), so its next "
                "stage did not start",
                "See in Dagster which stage took long, or raise that limit",
            )
            raise failure_of(late)
        return self._files


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
