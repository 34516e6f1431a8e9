"""When the audit runs: weekly, on by default, one run an org."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import dagster as dg

from spendready_pipeline.definitions import WEEKLY_AUDIT
from spendready_pipeline.settings import org_schedules


def _one_run_each(orgs: list[str]) -> Callable[[dg.ScheduleEvaluationContext], Iterator[dg.RunRequest]]:
    # Dagster takes a single request or a generator here, and fails on a list.
    return lambda _: (dg.RunRequest(partition_key=org) for org in orgs)


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
