"""The one place where Dagster is put together: the stages of `assets/`, the job, the executor, the resources."""

import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING
from uuid import uuid4

import dagster as dg
from sqlalchemy.exc import DBAPIError

from spendready_pipeline.delivery import alert_of_failure
from spendready_pipeline.errors import OrgError
from spendready_pipeline.orchestration.resources import (
    AGAIN,
    Audit,
    NothingBegan,
    dagster_instance,
    dbt_project,
    dbt_resource,
    terminal_logger,
)
from spendready_pipeline.orchestration.stop_signals import StopSignals
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.settings import Settings
from spendready_pipeline.storage.private_files import keep_private

if TYPE_CHECKING:
    from dagster_shared.error import SerializableErrorInfo

WEEKLY_AUDIT = "weekly_audit"
PUBLISHING = "publish__findings_database"
"""The step that publishes, as Dagster calls it."""
DELIVERY = dg.AssetKey(["deliver", "weekly_delivery"])


@dg.definitions
def defs() -> dg.Definitions:
    """All of the code location. Needs no secret and no network: orgs are known by name until a run signs in."""
    keep_private()
    stages = dg.load_from_defs_folder(path_within_project=Path(__file__).resolve().parents[2])
    wiring = dg.Definitions(
        jobs=[
            dg.define_asset_job(
                WEEKLY_AUDIT,
                selection=dg.AssetSelection.all(),
                description="Extract, check, model, find, report, publish and deliver, for one org.",
            )
        ],
        # A DuckDB file admits one process while it is open for writing.
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "terminal": terminal_logger},
        resources={"audit": Audit(), "dbt": dbt_resource(dbt_project())},
    )
    return dg.Definitions.merge(stages, wiring)


def run_weekly_audit(
    settings: Settings,
    org: str,
    only_delivery: bool = False,
    again: str | None = None,
    stop: StopSignals | None = None,
) -> RunOutcome:
    """Runs every stage for one org, now, in this process; the run is kept where the UI finds it.

    Args:
        settings: The configuration.
        org: The org's name.
        only_delivery: Whether to deliver what the newest run published, and do nothing else.
        again: A destination that gets the week once more, whatever it has.
        stop: Notes the signals that stop this process: a run that one of them stops has no alert.
    """
    job, stop = _weekly_audit_job(), stop or StopSignals()
    run_id, started_at, before = str(uuid4()), datetime.now(UTC), settings.files(org).current_week.resolve()
    try:
        # dbt's own lines are in the run's log; its standard output would bury what the stages say.
        with (
            dagster_instance(settings) as instance,
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            stop.reaction(partial(_cancel, instance, run_id)),
        ):
            job.execute_in_process(
                instance=instance,
                partition_key=org,
                asset_selection=[DELIVERY] if only_delivery else None,
                run_config={"loggers": {"terminal": {}}},
                tags={AGAIN: again} if again is not None else None,
                raise_on_error=False,
                run_id=run_id,
            )
            outcome = outcome_of(instance, run_id)
    except DBAPIError as error:
        published = settings.files(org).current_week.resolve() != before
        outcome = RunOutcome(org, run_id, started_at, (_not_kept(org, error),), began=True, published=published)
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        stop.wait()
        published = settings.files(org).current_week.resolve() != before
        outcome = RunOutcome(org, run_id, started_at, (_NO_STEP,), began=True, published=published)
    if stop.received and outcome.failures:
        return replace(outcome, failures=(_stopped(org, stop.received),))
    try:
        alert_of_failure(settings.files(org), outcome, settings.delivery)
    except OrgError as error:
        told = Failure(step="", stage="deliver", words=str(error), detail=str(error))
        outcome = replace(outcome, failures=(*outcome.failures, told))
    return outcome


def _cancel(instance: dg.DagsterInstance, run_id: str) -> None:
    """Says of a run that it was to be stopped: Dagster then takes its end for no failure."""
    run = instance.get_run_by_id(run_id)
    if run and not run.is_finished:
        instance.report_run_canceling(run)


def _stopped(org: str, received: Signals) -> Failure:
    words = f"{org}: stopped by {received.name}. Run it again: spendready run --org {org}"
    return Failure(step="", stage="start", words=words, detail=words)


@cache
def _weekly_audit_job() -> dg.JobDefinition:
    """The job, put together once however many runs this process makes: it takes seconds."""
    return defs().get_repository_def().get_job(WEEKLY_AUDIT)


def outcome_of(instance: dg.DagsterInstance, run_id: str) -> RunOutcome:
    """How a run that has ended did, as the instance keeps it, whoever started it."""
    record = instance.get_run_record_by_id(run_id)
    assert record is not None, "the instance keeps every run"  # noqa: S101
    events = [each.dagster_event for each in instance.all_logs(run_id, of_type=_TELLING) if each.dagster_event]
    return RunOutcome(
        org=record.dagster_run.tags.get("dagster/partition", ""),
        run_id=run_id,
        started_at=datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC),
        failures=() if record.dagster_run.is_success else tuple(_failures(events)) or (_NO_STEP,),
        began=all(error.cls_name != NothingBegan.__name__ for event in events if (error := _error(event))),
        published=any(event.is_step_success and event.step_key == PUBLISHING for event in events),
    )


_TELLING = {
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RESOURCE_INIT_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
_STAGES = {"snapshot": "extract", "policy": "extract", "great_expectations": "check", "dbt": "findings"}
"""The stage of each step whose name does not begin with it."""
_NO_TEXT = "The run ended before its first step, or its process was lost; the run in Dagster has its log"
_NO_STEP = Failure(step="", stage="start", words=_NO_TEXT, detail=_NO_TEXT)


def _not_kept(org: str, error: DBAPIError) -> Failure:
    """Dagster could not write down how the run went; what SQLAlchemy says of it besides is SQL and its values."""
    words = (
        f"{org}: Dagster cannot keep its runs in {os.environ['DAGSTER_HOME']} ({error.orig}). Look whether the disk "
        "has room and this user may write there; where the files are damaged, move that folder away: it holds no "
        "evidence and no findings"
    )
    return Failure(step="", stage="start", words=words, detail=words)


def _failures(events: list[dg.DagsterEvent]) -> Iterator[Failure]:
    """What stopped the run; the stack traces stay in Dagster's event log."""
    checked = False
    for event in events:
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
                checked = True
                yield _failure(event, _check_error(check))
    for event in events:
        error = _error(event)
        if error is None or (checked and error.cls_name == "DagsterAssetCheckFailedError"):
            continue
        if error.cls_name in (dg.Failure.__name__, NothingBegan.__name__):
            # Dagster puts the class before what was said.
            yield _failure(event, error.message.partition(": ")[2].strip())
        else:
            kind = (error.cause or error).cls_name
            words = f"an error that nobody foresaw ({kind}); the run in Dagster has its log"
            yield _failure(event, words, _from_a_tool(event) or f"{event.step_key}: {words}")


def _failure(event: dg.DagsterEvent, words: str, detail: str = "") -> Failure:
    step = event.step_key or ""
    return Failure(step, _STAGES.get(step, step.partition("__")[0]) or "start", words, detail or words)


def _from_a_tool(event: dg.DagsterEvent) -> str | None:
    """What dbt, say, tells of its failure; its stack trace, where it has one, stays in its log."""
    said = event.step_failure_data.user_failure_data if event.is_step_failure else None
    return (said.description or "").partition("\nTraceback (most recent call last)")[0].rstrip() if said else None


def _error(event: dg.DagsterEvent) -> "SerializableErrorInfo | None":
    if event.is_step_failure:
        return event.step_failure_data.error
    if event.event_type is dg.DagsterEventType.RESOURCE_INIT_FAILURE:
        return event.engine_event_data.error
    return None


def _check_error(check: dg.AssetCheckEvaluation) -> str:
    detail = check.metadata.get("detail")
    what = f"{check.asset_key.path[-1]}: the check '{check.check_name}' failed"
    return f"{what} ({detail.value})" if detail else what
