"""When audits run: a schedule an org, so that what one org is set to moves no other."""

import dagster as dg

from spendready_pipeline.orchestration.definitions import WEEKLY_AUDIT


def audit_schedule(org: str, cron: str, timezone: str) -> dg.ScheduleDefinition:
    """The schedule of one org, named by it: Dagster keeps by name whether it is on, and when it ran last."""

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        # Dagster skips a key that it has seen: one run at a tick, however often the tick is evaluated.
        return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), partition_key=org)

    return dg.ScheduleDefinition(
        name=f"{WEEKLY_AUDIT}_{org.replace('-', '_')}",
        job_name=WEEKLY_AUDIT,
        cron_schedule=cron,
        execution_timezone=timezone,
        execution_fn=request,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Audits {org}.",
    )
