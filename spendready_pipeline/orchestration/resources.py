"""What Dagster hands to the assets: the org of the run, dbt, the terminal's logger, the instance that keeps the runs.

With `definitions`, the only module of the program that knows Dagster; no stage's work is done here.
"""

import logging
import math
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from spendready_pipeline.catalog.finding_types import refresh_models_list
from spendready_pipeline.config.secrets import withdraw_secrets
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.errors import OrgError, SpendReadyError, trouble_with_files
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.orchestration.warehouse_wait import wait_for_dbt
from spendready_pipeline.settings import OrgSettings, Settings, load_settings, org_names
from spendready_pipeline.storage.files import OrgFiles, dagster_home
from spendready_pipeline.storage.private_files import private_folder, usual_umask

ORGS = dg.StaticPartitionsDefinition(org_names())
"""A partition an org; Salesforce answers for now only, so there is none by time."""

AGAIN = "spendready/again"
"""The tag of a run that sends the week once more to the destination that it names, whatever that one has."""

REPOSITORY = Path(__file__).resolve().parents[2]
DBT_FOLDER = REPOSITORY / "dbt_project"


class NothingBegan(dg.Failure):
    """A run that did nothing since another of its org was under way: no failure of the audit."""


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
        with failures_for_the_reader():
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
                raise NothingBegan(
                    f"{name}: another run of this org is under way. Wait until it has ended", allow_retries=False
                ) from None
        try:
            if context.instance and context.run:
                _end_lost_runs(context.instance, context.run, name)
            if was_open:
                _tell(context.log, name, f"other users could read {self._files.root}; now they cannot")
            wait_for_dbt(self._files.warehouse, partial(_tell, context.log, name))
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


@contextmanager
def failures_for_the_reader() -> Iterator[None]:
    """Turns an error that a person can act on into a failed step that says just that, and is not retried."""
    try:
        with trouble_with_files():
            yield
    except SpendReadyError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None


def dbt_project() -> DbtProject:
    """The dbt project, with a manifest that is not older than the files that it was parsed from."""
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER)
    # Other users of the checkout read it as well.
    with usual_umask(), FileLock(DBT_FOLDER / ".parse.lock"):
        refresh_models_list()
        if not _manifest_is_current(project.manifest_path):
            dbt_resource(project).cli(["parse", "--quiet"], target_path=project.target_path).wait()
    return project


def _manifest_is_current(manifest: Path) -> bool:
    if not manifest.exists():
        return False
    parsed_at = manifest.stat().st_mtime
    sources = (
        path for pattern in ("*.yml", "*/**/*.sql", "*/**/*.yml", "*/**/*.csv") for path in DBT_FOLDER.glob(pattern)
    )
    return all(path.stat().st_mtime <= parsed_at for path in sources if "target" not in path.parts)


def dbt_resource(project: DbtProject) -> DbtCliResource:
    """The dbt command of this environment, whatever PATH says, behind a launcher that keeps secrets from it."""
    os.environ["SPENDREADY_PYTHON"] = sys.executable
    launcher = Path(__file__).with_name("launch_dbt")
    return DbtCliResource(project_dir=project, profiles_dir=str(DBT_FOLDER), dbt_executable=str(launcher))


@contextmanager
def warehouse_for_dbt(files: OrgFiles) -> Iterator[None]:
    """Points dbt's profile at the org's warehouse for as long as the block lasts."""
    name = "SPENDREADY_WAREHOUSE"
    before = os.environ.get(name)
    os.environ[name] = str(files.warehouse)
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})
        for path in files.dbt_target.glob("*.msgpack"):
            path.chmod(0o600)  # dagster-dbt copies it with the mode that it has in the checkout


class _PlainLine(logging.Formatter):
    """What an asset said, without Dagster's run id and step name before it."""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", None) or {}
        return str(meta.get("orig_message") or record.getMessage())


def progress(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Callable[[str], None]:
    """What an asset calls to say how far its org is: into the run's log, and to whoever waits at a terminal."""
    return partial(_tell, context.log, context.run.tags.get("dagster/partition", ""))


def _tell(log: logging.Logger | None, org: str, text: str) -> None:
    if log:
        log.info(f"{org}: {text}", extra={_FOR_READERS: True})


_FOR_READERS = "for_readers"


def _for_readers(record: logging.LogRecord) -> bool:
    """What Dagster and dbt say, stack traces included, stays in Dagster's event log."""
    return bool(getattr(record, _FOR_READERS, False))


def _terminal_logger(_: dg.InitLoggerContext) -> logging.Logger:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainLine())
    handler.addFilter(_for_readers)
    logger = logging.Logger("spendready", logging.INFO)
    logger.addHandler(handler)
    return logger


terminal_logger = dg.LoggerDefinition(
    _terminal_logger, description="Prints what the assets say, one plain line each, to standard error"
)
"""The logger of runs that are started from the command line."""


def dagster_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that keeps the runs: DAGSTER_HOME where it is set, else `.dagster` in the data folder.

    `dagster dev` shows the same runs when it is started with the same DAGSTER_HOME.
    """
    home = dagster_home(settings.data_dir)
    os.environ["DAGSTER_HOME"] = str(home)
    # A folder of the user's own making keeps its mode.
    if home.parent == settings.data_dir or not home.exists():
        private_folder(home)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        shutil.copyfile(REPOSITORY / "dagster.yaml", configuration)
    return dg.DagsterInstance.get()
