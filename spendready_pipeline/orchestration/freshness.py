"""How old the newest report may be before Dagster shows it as overdue, by the schedules of the orgs."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import dagster as dg
from croniter import croniter

from spendready_pipeline.monitoring.missed_runs import GRACE


def freshness_policy_for(crons: Iterable[str]) -> dg.FreshnessPolicy:
    """The policy of an asset that runs for several orgs, each by its own schedule.

    Dagster judges an asset by its newest run, whatever the partition: the org that runs most often sets the limit, and
    the UI shows when no org was audited in time. One org that fell behind the others is not seen here: the sensor
    `missing_audit` reports it.
    """
    gaps = map(_longest_gap, crons)
    return dg.FreshnessPolicy.time_window(fail_window=min(gaps, default=timedelta(days=7)) + GRACE)


def _longest_gap(cron: str) -> timedelta:
    """The longest time between two ticks of a schedule, within its next fifty."""
    ticks = islice(croniter(cron, datetime(2026, 1, 1, tzinfo=UTC)).all_next(datetime), 50)
    return max(later - earlier for earlier, later in pairwise(ticks))
