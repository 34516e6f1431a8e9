"""Whether each org's audit came when it was due, and who is told when it did not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from spendready_pipeline.config.schedule import Schedule
from spendready_pipeline.delivery import alert_of_missed_audit, retry_pending_alerts
from spendready_pipeline.delivery.dispatch import RETRY_WAITS
from spendready_pipeline.errors import OrgError, translate_os_errors
from spendready_pipeline.publish.week import published_snapshots
from spendready_pipeline.settings import OrgSettings, Settings

GRACE = timedelta(hours=24)
"""How long after it was due an audit may be published: a failed one can be mended within the day."""
CLOCKS = timedelta(hours=1)
"""A snapshot's moment is the org's own clock, and may lie this far before the tick of this machine's."""


@dataclass(frozen=True)
class Watched:
    """What one look at all orgs gave.

    Attributes:
        memory: What the next look has to be given: since when each org and schedule is watched, and for which missing
            audit its last alert was.
        missed: A sentence for each org whose audit is missing.
        problems: What could not be looked at, and alerts that did not arrive.
    """

    memory: str
    missed: list[str]
    problems: list[str]


def watch(settings: Settings, memory: str | None, now: datetime, waits: Sequence[float] = RETRY_WAITS) -> Watched:
    """Looks whether the audit that was due last is published; tells those who ask for failures where it is not.

    What earlier alerts could not tell, of whatever, is tried again.

    Args:
        settings: The configuration.
        memory: What the look before gave; None: this is the first, and what was due before it counts for nothing.
        now: This machine's moment, UTC.
        waits: Seconds before each further try of an alert that failed.
    """
    known = json.loads(memory) if memory else {}
    # A schedule that was changed is another: what it would have asked for before the change was not due.
    since = {_watched(each): known.get(_watched(each), now.isoformat()) for each in settings.orgs}
    # The ledger knows as well, unless it cannot be kept: that must not call somebody out at each look.
    told = {each: when for each, when in known.get(_TOLD, {}).items() if each in since}
    missed, problems = [], []
    for org in settings.orgs:
        files = settings.files(org.name)
        try:
            with translate_os_errors():
                newest = max(published_snapshots(files), default=None)
                due = missed_audit(org.schedule, datetime.fromisoformat(since[_watched(org)]), newest, now)
                if due is not None:
                    missed.append(f"{org.name}: the audit that was due at {due.isoformat()} is missing")
                if due is not None and told.get(_watched(org)) != due.isoformat():
                    told[_watched(org)] = due.isoformat()
                    alert_of_missed_audit(files, due, newest, settings.delivery, waits)
                else:
                    retry_pending_alerts(files, settings.delivery, audit_published=due is None)
        except OrgError as error:
            problems.append(str(error))
    return Watched(json.dumps({**since, _TOLD: told}), missed, problems)


_TOLD = "told"


def _watched(org: OrgSettings) -> str:
    return f"{org.name} {org.schedule.cron} {org.schedule.timezone}"


def missed_audit(
    schedule: Schedule, watched_since: datetime, newest: datetime | None, now: datetime
) -> datetime | None:
    """When the audit was due (UTC) that is missing; None where none is.

    Args:
        schedule: The org's.
        watched_since: What was due before is not asked for.
        newest: The newest snapshot that is published.
        now: This machine's moment.
    """
    from_here = (now - GRACE).astimezone(ZoneInfo(schedule.timezone))
    due: datetime = croniter(schedule.cron, from_here).get_prev(datetime)
    if due < watched_since or (newest is not None and newest >= due - CLOCKS):
        return None
    return due.astimezone(UTC)
