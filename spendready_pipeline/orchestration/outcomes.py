"""How a run of one org ended: what stopped it, as Dagster's event log has it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
from sqlalchemy.exc import DBAPIError

from spendready_pipeline.errors import SpendReadyError, translate_os_errors
from spendready_pipeline.run_outcome import Failure, RunOutcome

if TYPE_CHECKING:
    from dagster_shared.error import SerializableErrorInfo

PUBLISHING = "publish__findings_database"
"""The step that publishes, as Dagster calls it."""


class RunInProgress(dg.Failure):
    """A run that did nothing since another of its org was under way: no failure of the audit."""


@contextmanager
def as_dagster_failure() -> Iterator[None]:
    """Turns an error that a person can act on into a failed step that says just that, and is not retried."""
    try:
        with translate_os_errors():
            yield
    except SpendReadyError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None


def outcome_of(instance: dg.DagsterInstance, run_id: str) -> RunOutcome:
    """How a run that has ended did, as the instance keeps it, whoever started it."""
    record = instance.get_run_record_by_id(run_id)
    assert record is not None, "the instance keeps every run"  # noqa: S101
    events = [each.dagster_event for each in instance.all_logs(run_id, of_type=_TELLING) if each.dagster_event]
    return RunOutcome(
        org=record.dagster_run.tags.get("dagster/partition", ""),
        run_id=run_id,
        started_at=datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC),
        failures=() if record.dagster_run.is_success else tuple(_failures(events)) or (NO_STEP,),
        began=all(error.cls_name != RunInProgress.__name__ for event in events if (error := _error(event))),
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
NO_STEP = Failure(step="", stage="start", words=_NO_TEXT, detail=_NO_TEXT)


def history_unusable(org: str, error: DBAPIError) -> Failure:
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
        if error.cls_name in (dg.Failure.__name__, RunInProgress.__name__):
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
