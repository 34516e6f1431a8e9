"""Whether each org's audit is published when it was due, and which alerts there are to send.

A check reads files and stores alerts; it connects to nothing. Sending takes as long as a destination takes to answer,
and is left to a run.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from spendready_pipeline.config.schedule import Schedule
from spendready_pipeline.delivery import Alert, has_pending_alerts, missed_audit_alert, queue_alert
from spendready_pipeline.errors import OrgError, translate_os_errors
from spendready_pipeline.publish.week import published_snapshots
from spendready_pipeline.settings import OrgSettings, Settings

GRACE = timedelta(hours=24)
"""How long after it was due an audit may be published: a failed one can be mended within the day."""
CLOCKS = timedelta(hours=1)
"""A snapshot's moment is the org's own clock, and may lie this far before the tick of this machine's."""
_TOLD = "told"


@dataclass(frozen=True)
class AlertsToSend:
    """Alerts of one org that wait to be sent.

    Attributes:
        org: The org's name.
        key: Why they are sent now: once for the same key.
        alert: One that the outbox could not store; None: all are in the outbox.
    """

    org: str
    key: str
    alert: Alert | None = None


@dataclass(frozen=True)
class MissedRuns:
    """The result of one check of all orgs.

    Attributes:
        cursor: What the next check needs: since when each org and schedule is watched, and for which missing audit
            its last alert was.
        missed: A sentence for each org whose audit is missing.
        problems: What could not be checked.
        to_send: The orgs with alerts to send.
    """

    cursor: str
    missed: list[str]
    problems: list[str]
    to_send: list[AlertsToSend]


def check_missed_runs(settings: Settings, cursor: str | None, now: datetime) -> MissedRuns:
    """Checks whether the audit that was due last is published, and stores an alert where it is not.

    Args:
        settings: The configuration.
        cursor: The cursor of the check before; None: this is the first, and what was due before it counts for nothing.
        now: This machine's moment, UTC.
    """
    known = json.loads(cursor) if cursor else {}
    # A schedule that was changed is another: what it would have asked for before the change was not due.
    since = {_watched(each): known.get(_watched(each), now.isoformat()) for each in settings.orgs}
    # The outbox knows as well, unless it cannot be kept: that must not alert somebody at each check.
    told = {each: when for each, when in known.get(_TOLD, {}).items() if each in since}
    missed, problems, to_send = [], [], []
    for org in settings.orgs:
        files, watched, unstored = settings.files(org.name), _watched(org), None
        key = f"{org.name} {now:%Y-%m-%dT%H}"  # at most once an hour: a destination may be down for days
        try:
            with translate_os_errors():
                newest = max(published_snapshots(files), default=None)
                due = missed_audit(org.schedule, datetime.fromisoformat(since[watched]), newest, now)
                if due is not None:
                    missed.append(f"{org.name}: the audit that was due at {due.isoformat()} is missing")
                if due is not None and told.get(watched) != due.isoformat():
                    told[watched] = due.isoformat()
                    alert = missed_audit_alert(org.name, due, newest)
                    unstored = queue_alert(files, settings.delivery, alert)
                    key = f"{org.name} {alert.occasion}"
                if unstored or has_pending_alerts(files, settings.delivery, audit_published=due is None):
                    to_send.append(AlertsToSend(org.name, key, unstored))
        except OrgError as error:
            problems.append(str(error))
    return MissedRuns(json.dumps({**since, _TOLD: told}), missed, problems, to_send)


def _watched(org: OrgSettings) -> str:
    return f"{org.name} {org.schedule.cron} {org.schedule.timezone}"


def missed_audit(
    schedule: Schedule, watched_since: datetime, newest: datetime | None, now: datetime
) -> datetime | None:
    """When the audit that is missing was due (UTC); None where no audit is missing.

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
