"""Freshness: how old the newest report may be before Dagster shows it as overdue, by the schedule of the orgs."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import dagster as dg
from croniter import croniter

from spendready_pipeline.settings import org_schedules

GRACE = timedelta(days=1)
"""For a run that queues, takes long, or is launched again by hand."""


def longest_gap(cron: str) -> timedelta:
    """The longest time between two ticks of a schedule, within its next fifty."""
    ticks = islice(croniter(cron, datetime(2026, 1, 1, tzinfo=UTC)).all_next(datetime), 50)
    return max(later - earlier for earlier, later in pairwise(ticks))


def _policy() -> dg.FreshnessPolicy:
    gaps = [longest_gap(cron) for _, cron, _ in org_schedules()] or [timedelta(days=7)]
    return dg.FreshnessPolicy.time_window(fail_window=max(gaps) + GRACE)


# Dagster judges an asset by its newest run, whatever the org: a week in which no org was audited is noticed.
ONCE_A_TICK = _policy()
