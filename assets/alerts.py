"""Alerts: what goes wrong with the weekly audit reaches those who ask for it (`on: failure`)."""

from datetime import UTC, datetime

import dagster as dg

from spendready_pipeline.monitoring.missed_runs import check_missed_runs
from spendready_pipeline.orchestration.alerting import (
    SEND_ALERTS,
    SEND_STEP,
    Sending,
    request_of,
    request_of_failed_run,
    send,
)
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.settings import load_settings

CHECK_INTERVAL = 15 * 60
"""Seconds between two checks for audits that are missing."""


@dg.op(name=SEND_STEP)
def send_pending_alerts(context: dg.OpExecutionContext, config: Sending) -> None:
    """Sends what waits in an org's outbox."""
    with as_dagster_failure():
        context.log.info(f"{config.org}: {send(config)}")


@dg.job(name=SEND_ALERTS, executor_def=dg.in_process_executor, description="Send the pending alerts of one org.")
def send_alerts() -> None:
    """A run of its own, since a sensor is cut off after 60 seconds."""
    send_pending_alerts()


@dg.run_failure_sensor(
    name="failed_run",
    default_status=dg.DefaultSensorStatus.RUNNING,
    request_job=send_alerts,
    description="Alerts the destinations with `on: failure` of a run that failed, once a day for the same failure.",
)
def failed_run(context: dg.RunFailureSensorContext) -> dg.RunRequest | dg.SkipReason:
    """Looks at runs of Dagster and of the command line alike; the latter have sent their alert themselves."""
    return request_of_failed_run(context.instance, context.dagster_run.run_id)


@dg.sensor(
    job=send_alerts,
    minimum_interval_seconds=CHECK_INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Alerts the destinations with `on: failure` of an audit that is not published a day after it was due.",
)
def missing_audit(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Looks at what is published of each org, and at what waits to be sent."""
    check = check_missed_runs(load_settings(), context.cursor, datetime.now(UTC))
    if check.to_send:
        return dg.SensorResult([request_of(each) for each in check.to_send], cursor=check.cursor)
    said = "; ".join([*check.missed, *check.problems]) or "No audit is missing"
    return dg.SensorResult(skip_reason=said, cursor=check.cursor)
