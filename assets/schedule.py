"""When the audit runs: weekly, on by default, one run an org."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import dagster as dg

from spendready_pipeline.orchestration.definitions import WEEKLY_AUDIT
from spendready_pipeline.settings import org_schedules


def _one_run_each(orgs: list[str]) -> Callable[[dg.ScheduleEvaluationContext], Iterator[dg.RunRequest]]:
    def requests(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        # Dagster skips a key that it has seen: an org has one run a tick, and one at the next tick again.
        tick = context.scheduled_execution_time.isoformat()
        for org in orgs:
            yield dg.RunRequest(run_key=f"{org} {tick}", partition_key=org)

    return requests


@dg.definitions
def schedules() -> dg.Definitions:
    """A schedule for each cron and time zone that spendready.yml names, for the orgs that share it."""
    orgs_by_time: dict[tuple[str, str], list[str]] = defaultdict(list)
    for org, cron, timezone in org_schedules():
        orgs_by_time[cron, timezone].append(org)
    return dg.Definitions(
        schedules=[
            dg.ScheduleDefinition(
                name=WEEKLY_AUDIT if number == 0 else f"{WEEKLY_AUDIT}_{number + 1}",
                job_name=WEEKLY_AUDIT,
                cron_schedule=cron,
                execution_timezone=timezone,
                execution_fn=_one_run_each(orgs),
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description=f"Audits {', '.join(orgs)}.",
            )
            for number, ((cron, timezone), orgs) in enumerate(orgs_by_time.items())
        ]
    )
