"""The one place where Dagster is put together: the stages of `assets/`, the job, the executor, the resources."""

import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dagster as dg

from spendready_pipeline.resources import (
    Audit,
    dagster_instance,
    dbt_project,
    dbt_resource,
    terminal_logger,
)
from spendready_pipeline.settings import Settings

WEEKLY_AUDIT = "weekly_audit"
PUBLISHING = "publish__findings_database"
"""The step that publishes, as Dagster calls it."""
DELIVERY = dg.AssetKey(["deliver", "weekly_delivery"])


@dg.definitions
def defs() -> dg.Definitions:
    """All of the code location. Needs no secret and no network: orgs are known by name until a run signs in."""
    stages = dg.load_from_defs_folder(path_within_project=Path(__file__).resolve().parent.parent)
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


@dataclass(frozen=True)
class RunOutcome:
    """How a run of one org ended.

    Attributes:
        org: The org's name.
        run_id: Dagster's id of the run, as the UI shows it.
        errors: What stopped it, a sentence or two each; empty when every stage ran.
        published: Whether the week was published; it may not have been delivered all the same.
    """

    org: str
    run_id: str
    errors: tuple[str, ...]
    published: bool


def run_weekly_audit(settings: Settings, org: str, only_delivery: bool = False) -> RunOutcome:
    """Runs every stage for one org, now, in this process; the run is kept where the UI finds it.

    Args:
        settings: The configuration.
        org: The org's name.
        only_delivery: Whether to deliver what the newest run published, and do nothing else.
    """
    job = _weekly_audit_job()
    # dbt's own lines are in the run's log; its standard output would bury what the stages say.
    with dagster_instance(settings) as instance, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        result = job.execute_in_process(
            instance=instance,
            partition_key=org,
            asset_selection=[DELIVERY] if only_delivery else None,
            run_config={"loggers": {"terminal": {}}},
            raise_on_error=False,
        )
    published = any(event.is_step_success and event.step_key == PUBLISHING for event in result.all_events)
    return RunOutcome(org, result.run_id, tuple(_errors(result)), published)


@cache
def _weekly_audit_job() -> dg.JobDefinition:
    """The job, put together once however many runs this process makes: it takes seconds."""
    return defs().get_repository_def().get_job(WEEKLY_AUDIT)


def _errors(result: dg.ExecuteInProcessResult) -> list[str]:
    """What stopped the run, for the person at the terminal; the stack traces stay in Dagster's event log."""
    if result.success:
        return []
    errors = [_check_error(each) for each in result.get_asset_check_evaluations() if _stops_the_run(each)]
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data
        if failure.user_failure_data and failure.user_failure_data.description:
            errors.append(failure.user_failure_data.description)
        elif failure.error and not (errors and failure.error.cls_name == "DagsterAssetCheckFailedError"):
            errors.append(f"{event.step_key}: {failure.error.message.strip()}")
    return errors or ["The run failed before its first step; the Dagster UI has its log"]


def _stops_the_run(check: dg.AssetCheckEvaluation) -> bool:
    return not check.passed and check.severity is dg.AssetCheckSeverity.ERROR


def _check_error(check: dg.AssetCheckEvaluation) -> str:
    detail = check.metadata.get("detail")
    what = f"{check.asset_key.path[-1]}: the check '{check.check_name}' failed"
    return f"{what} ({detail.value})" if detail else what
