"""Alerts: what goes wrong with the weekly audit reaches those who ask for it (`on: failure`)."""

from datetime import UTC, datetime

import dagster as dg

from spendready_pipeline.delivery import alert_of_failure
from spendready_pipeline.monitoring.missed_runs import watch
from spendready_pipeline.orchestration.outcomes import outcome_of
from spendready_pipeline.settings import load_settings

LOOKS_EVERY = 15 * 60
"""Seconds between two looks for audits that are missing."""


@dg.run_failure_sensor(
    name="failed_run",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the destinations with `on: failure` of a run that failed, once a day for the same failure.",
)
def failed_run(context: dg.RunFailureSensorContext) -> None:
    """Tells of a run that Dagster started; a run from the command line tells of itself, through the same ledger."""
    outcome = outcome_of(context.instance, context.dagster_run.run_id)
    if outcome.org:
        settings = load_settings()
        alert_of_failure(settings.files(outcome.org), outcome, settings.delivery)


@dg.sensor(
    minimum_interval_seconds=LOOKS_EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the destinations with `on: failure` of an audit that is not published a day after it was due.",
)
def missing_audit(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Looks at what is published of each org; an alert that did not arrive is tried again at the next look."""
    watched = watch(load_settings(), context.cursor, datetime.now(UTC))
    context.update_cursor(watched.memory)
    return dg.SkipReason("; ".join([*watched.missed, *watched.problems]) or "No audit is missing")
