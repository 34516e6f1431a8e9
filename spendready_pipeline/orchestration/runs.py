"""Runs the weekly audit in this process, for the command line."""

import os
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from signal import Signals
from uuid import uuid4

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import RemoteRepositoryOrigin
from dagster._core.workspace.load import location_origins_from_yaml_paths
from sqlalchemy.exc import DBAPIError

from spendready_pipeline.delivery import alert_of_failure
from spendready_pipeline.errors import OrgError
from spendready_pipeline.orchestration.definitions import DELIVERY_STEP, REPORT_DELIVERY, WEEKLY_AUDIT, defs
from spendready_pipeline.orchestration.instance import dagster_instance
from spendready_pipeline.orchestration.manifest import REPOSITORY
from spendready_pipeline.orchestration.outcomes import NO_STEP, START, history_unusable, outcome_of
from spendready_pipeline.orchestration.run_history import connections_kept
from spendready_pipeline.orchestration.stop_signals import StopSignals
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.settings import Settings


def run_weekly_audit(
    settings: Settings,
    org: str,
    only_delivery: bool = False,
    resend_to: str | None = None,
    stop: StopSignals | None = None,
) -> RunOutcome:
    """Runs every stage for one org, now, in this process; the run is kept where the UI finds it.

    Args:
        settings: The configuration.
        org: The org's name.
        only_delivery: Whether to deliver what the newest run published, and do nothing else.
        resend_to: A destination that gets the week again, even where it has it.
        stop: Notes the signals that stop this process: a run that one of them stops has no alert.
    """
    stop = stop or StopSignals()
    job = _job(REPORT_DELIVERY if only_delivery else WEEKLY_AUDIT)
    run_id, started_at, before = str(uuid4()), datetime.now(UTC), settings.files(org).current_week.resolve()
    try:
        # dbt's own lines are in the run's log; its standard output would bury what the stages say.
        with (
            dagster_instance(settings) as instance,
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            connections_kept(instance),
            stop.reaction(partial(_cancel, instance, run_id)),
        ):
            run = _create_run(instance, job, org, run_id, resend_to)
            execute_run(InMemoryJob(job), run, instance)
            outcome = outcome_of(instance, run_id)
    except DBAPIError as error:
        published = settings.files(org).current_week.resolve() != before
        outcome = RunOutcome(org, run_id, started_at, (history_unusable(org, error),), began=True, published=published)
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        stop.wait()
        published = settings.files(org).current_week.resolve() != before
        outcome = RunOutcome(org, run_id, started_at, (NO_STEP,), began=True, published=published)
    if stop.received and outcome.failures:
        return replace(outcome, failures=(_stopped(org, stop.received),))
    try:
        alert_of_failure(settings.files(org), outcome, settings.delivery)
    except OrgError as error:
        undelivered = Failure("", "deliver", error.what, error.remediation)
        outcome = replace(outcome, failures=(*outcome.failures, undelivered))
    return outcome


def _create_run(
    instance: dg.DagsterInstance, job: dg.JobDefinition, org: str, run_id: str, resend_to: str | None
) -> dg.DagsterRun:
    """Creates a run of a job of workspace.yaml: the UI lists it on the job's page, as it lists its own."""
    (location,) = location_origins_from_yaml_paths([str(REPOSITORY / "workspace.yaml")])
    return instance.create_run_for_job(
        job,
        run_id=run_id,
        run_config={"loggers": {"terminal": {}}, "ops": {DELIVERY_STEP: {"config": {"resend_to": resend_to}}}},
        tags={"dagster/partition": org},
        remote_job_origin=RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME).get_job_origin(job.name),
    )


def _cancel(instance: dg.DagsterInstance, run_id: str) -> None:
    """Says of a run that it was to be stopped: Dagster then takes its end for no failure."""
    run = instance.get_run_by_id(run_id)
    if run and not run.is_finished:
        instance.report_run_canceling(run)


def _stopped(org: str, received: Signals) -> Failure:
    return Failure("", START, f"{org}: stopped by {received.name}", f"Run it again: spendready run --org {org}")


def _job(name: str) -> dg.JobDefinition:
    return _repository().get_job(name)


@cache
def _repository() -> dg.RepositoryDefinition:
    """The definitions, put together once however many runs this process makes: it takes seconds."""
    return defs().get_repository_def()
