"""What stopped a run: written as metadata of the failed step, and read back from Dagster's event log.

The walk of a failure: a stage raises `SpendReadyError(what, remediation)`; `as_dagster_failure` makes it a `dg.Failure`
with both as metadata; `outcome_of` reads them from the events of the run into a `RunOutcome`; `delivery.alerts` makes
that a message, the outbox stores it, and a channel sends it. Only what was raised that way is shown to readers
elsewhere: of any other exception they see its class, since its text may hold anything.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
from sqlalchemy.exc import DBAPIError

from spendready_pipeline.errors import OrgError, SpendReadyError, translate_os_errors
from spendready_pipeline.run_outcome import Failure, RunOutcome

if TYPE_CHECKING:
    from dagster_shared.error import SerializableErrorInfo

PUBLISHING = "publish__findings_database"
"""The step that publishes, as Dagster calls it."""
START = "start"
"""The stage of what stops a run before its first stage."""
_STAGES = {"snapshot": "extract", "policy": "extract", "great_expectations": "check", "dbt": "findings"}
"""The stage of each step whose name does not begin with it."""
_READ = {
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RESOURCE_INIT_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}


class RunInProgressError(OrgError):
    """Another run of the org is in progress, so this one did nothing: no failure of the audit."""


@contextmanager
def as_dagster_failure() -> Iterator[None]:
    """Turns an error that a person can act on into a failed step that says just that, and is not retried."""
    try:
        with translate_os_errors():
            yield
    except SpendReadyError as error:
        raise failure_of(error) from None


def failure_of(error: SpendReadyError, stage: str = "", detail: str = "") -> dg.Failure:
    """The failure of a step that carries an error as metadata.

    Args:
        error: The error.
        stage: The stage that it belongs to, where that is not the step's own.
        detail: All that a tool such as dbt printed, for readers at this machine.
    """
    said = {"what": error.what, "remediation": error.remediation, "error": type(error).__name__, "stage": stage}
    metadata = {name: value for name, value in said.items() if value}
    return dg.Failure(description=detail or str(error), metadata=metadata, allow_retries=False)


def outcome_of(instance: dg.DagsterInstance, run_id: str) -> RunOutcome:
    """How a run that has ended did, as the instance keeps it, whoever started it."""
    record = instance.get_run_record_by_id(run_id)
    assert record is not None, "the instance keeps every run"  # noqa: S101
    events = [each.dagster_event for each in instance.all_logs(run_id, of_type=_READ) if each.dagster_event]
    return RunOutcome(
        org=record.dagster_run.tags.get("dagster/partition", ""),
        run_id=run_id,
        started_at=datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC),
        # The same error stops each of the first steps.
        failures=() if record.dagster_run.is_success else tuple(dict.fromkeys(_failures(events))) or (NO_STEP,),
        began=all(_said(event).get("error") != RunInProgressError.__name__ for event in events),
        published=any(event.is_step_success and event.step_key == PUBLISHING for event in events),
    )


NO_STEP = Failure(
    step="",
    stage=START,
    what="The run ended before its first step, or its process was lost",
    remediation="The run in Dagster has its log",
)


def history_unusable(org: str, error: DBAPIError) -> Failure:
    """Dagster could not record how the run went; what SQLAlchemy says besides is SQL and its values."""
    return Failure(
        step="",
        stage=START,
        what=f"{org}: Dagster cannot keep its runs in {os.environ['DAGSTER_HOME']} ({error.orig})",
        remediation="Check that the disk has space and that this user may write there. Where the files are damaged, "
        "move that folder away: it holds no evidence and no findings",
    )


def _failures(events: list[dg.DagsterEvent]) -> Iterator[Failure]:
    """What stopped the run; the stack traces stay in Dagster's event log."""
    checked = False
    for event in events:
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
                checked = True
                yield Failure(event.step_key or "", _stage(event), _check_error(check))
    for event in events:
        error = _error(event)
        if error is None or (checked and error.cls_name == "DagsterAssetCheckFailedError"):
            continue
        yield _failure(event, error)


def _failure(event: dg.DagsterEvent, error: "SerializableErrorInfo") -> Failure:
    step, said = event.step_key or "", _said(event)
    if "what" in said:
        stage = said.get("stage", "")
        failure = Failure("" if stage else step, stage or _stage(event), said["what"], said.get("remediation", ""))
        described = _description(event)
        return failure if described == str(failure) else replace(failure, detail=described)
    what = f"an unexpected error ({(error.cause or error).cls_name})"
    detail = f"{step}: {what}; the run in Dagster has its log"
    return Failure(step, _stage(event), what, "The run in Dagster has its log", detail)


def _stage(event: dg.DagsterEvent) -> str:
    step = event.step_key or ""
    return _STAGES.get(step, step.partition("__")[0]) or START


def _said(event: dg.DagsterEvent) -> dict[str, str]:
    """The metadata that `failure_of` gave the failure of a step."""
    failure = event.step_failure_data.user_failure_data if event.is_step_failure else None
    return {name: str(each.value) for name, each in failure.metadata.items()} if failure else {}


def _description(event: dg.DagsterEvent) -> str:
    """What the failure of a step says in full; a stack trace, where it has one, stays in Dagster's log."""
    failure = event.step_failure_data.user_failure_data if event.is_step_failure else None
    described = failure.description if failure else ""
    return (described or "").partition("\nTraceback (most recent call last)")[0].rstrip()


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
