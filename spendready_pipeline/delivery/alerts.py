"""Alerts destinations with `on: failure` of what went wrong, once for each occasion.

An alert stays pending until it is sent, and every later look retries it. A second copy costs a glance, a lost alert
costs a week without an audit: after a crash between sending and recording an alert is sent again, and it is sent even
where the outbox cannot be opened. A new alert comes first and is retried as patiently as a report. An old one gets one
attempt, so that a destination that is still down delays nothing.

Who may not wait, as a sensor of Dagster, stores an alert with `queue_alert` and leaves it to a run to `send_alerts`.

The functions that send take the files of the org, the configured destinations, and the seconds before each retry. They
return the result of each destination that asks for alerts, and raise OrgError if some did not get the alert, or may not
have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter

from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import RETRY_WAITS, Delivery, dispatch
from spendready_pipeline.delivery.message import Message, Part, sanitize
from spendready_pipeline.delivery.outbox import Outbox, OutboxUnusableError, in_memory_outbox, open_outbox
from spendready_pipeline.errors import OrgError
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.storage.files import OrgFiles, write_atomically

LONGEST_REASON = 1000
"""Characters of what is said of one failure; what to do about it comes after it, as long again."""
EXPIRE_DAYS = 7
"""How long an alert is retried: after a week, the next audit was due."""
TICK_LOCK_SECONDS = 1.0
"""How long a sensor waits for a delivery in progress."""
_MISSED = "missed "
_FORM = TypeAdapter(Message)


@dataclass(frozen=True)
class Alert:
    """What destinations with `on: failure` get.

    Attributes:
        occasion: What it is about, a key of the outbox: a destination gets it once.
        message: What it says.
    """

    occasion: str
    message: Message


def alert_of_failure(
    files: OrgFiles, outcome: RunOutcome, destinations: Sequence[Destination], waits: Sequence[float] = RETRY_WAITS
) -> dict[str, str]:
    """Sends an alert of a failed run, once for each org, UTC date of its start and set of failed steps.

    Sends pending alerts as well. A run without failures, or one that did nothing, adds no alert.
    """
    if alert := failure_alert(outcome):
        return send_alerts(files, destinations, alert, waits, audit_published=outcome.published)
    return retry_pending_alerts(files, destinations, audit_published=outcome.published)


def failure_alert(outcome: RunOutcome) -> Alert | None:
    """The alert of a failed run; None where nothing failed, or the run did nothing."""
    if not outcome.failures or not outcome.began:
        return None
    steps = ",".join(sorted({failure.step for failure in outcome.failures if failure.step})) or "no step"
    return Alert(f"failure {outcome.started_at.astimezone(UTC).date()} {steps}", _failure_message(outcome))


def _failure_message(outcome: RunOutcome) -> Message:
    stages = tuple(dict.fromkeys(failure.stage for failure in outcome.failures))
    began = outcome.started_at.astimezone(UTC)
    lines = tuple(_failure_line(failure) for failure in outcome.failures)
    if stages == ("deliver",):
        title = "the report was not delivered everywhere"
        lead = f"The run of {_moment(began)} could not deliver everything for {outcome.org}."
        closing = ""
    else:
        title = f"the audit failed ({', '.join(stages)})"
        left = "This week's findings are published" if outcome.published else "The previous results are unchanged"
        lead = f"The audit of {outcome.org} that started on {_moment(began)} failed. {left}."
        closing = f"Then run it again: spendready run --org {outcome.org}, or launch the job in Dagster. "
    return Message(
        title=f"{outcome.org}, {_day(began)}: {title}",
        lead=lead,
        parts=(Part("What failed, and what to do about it:", lines, len(lines)),),
        closing=f"{closing}The run in Dagster is {outcome.run_id}. The same failure is reported once a day.",
        is_alert=True,
    )


def _failure_line(failure: Failure) -> str:
    said = (f"{failure.stage}: {failure.what}", failure.remediation)
    return ". ".join(sanitize(each, LONGEST_REASON, addresses=True) for each in said if each)


def missed_audit_alert(org: str, due: datetime, newest: datetime | None) -> Alert:
    """The alert of a missing audit, one for each org and time at which an audit was due.

    `due` is when it should have started, `newest` the newest published snapshot (None: no week is published), both UTC.
    """
    state = f"The newest published audit is of {_moment(newest)}" if newest else "No audit has ever been published"
    message = Message(
        title=f"{org}: the audit of {_day(due)} is missing",
        lead=f"The audit of {org} that was due on {_moment(due)} is not published. {state}.",
        closing=(
            f"Check in Dagster that the daemon and the schedule are running, and that no run of {org} failed or is "
            f"waiting. To make up for it, run spendready run --org {org}. Each missing audit is reported once."
        ),
        is_alert=True,
    )
    return Alert(f"{_MISSED}{due.astimezone(UTC):%Y-%m-%dT%H:%MZ}", message)


def alert_of_full_disk(
    files: OrgFiles,
    words: str,
    now: datetime,
    destinations: Sequence[Destination],
    waits: Sequence[float] = RETRY_WAITS,
) -> dict[str, str]:
    """Sends an alert that the disk will soon be full, once a calendar week for all orgs on it.

    `words` is the forecast, a sentence or two; `now` is this machine's clock. The result is empty where this week's
    alert was sent before.
    """
    week = f"{now.astimezone(UTC):%G-W%V}"
    marker = files.root.parent / ".disk-alert"
    if marker.exists() and marker.read_text(encoding="utf-8") == week:
        return {}
    message = Message(
        title=f"{files.org}: the disk will soon be full",
        lead=sanitize(f"{words[:1].upper()}{words[1:]}.", LONGEST_REASON, addresses=True),
        closing="This is reported once a week.",
        is_alert=True,
    )
    outcomes = send_alerts(files, destinations, Alert(f"disk {week}", message), waits)
    write_atomically(marker, week.encode())
    return outcomes


def retry_pending_alerts(
    files: OrgFiles, destinations: Sequence[Destination], audit_published: bool = False
) -> dict[str, str]:
    """Sends pending alerts to destinations that are still configured, with one attempt each.

    `audit_published` says that the audit that was due last is published by now: alerts that one is missing are dropped.
    """
    return send_alerts(files, destinations, None, (), audit_published) if files.deliveries.exists() else {}


def queue_alert(files: OrgFiles, destinations: Sequence[Destination], alert: Alert) -> Alert | None:
    """Stores an alert for `send_alerts`, unless it was sent before; connects to nothing and waits for nobody.

    Returns:
        None where it is stored; the alert itself where it could not be, so that it has to be handed to who sends it.
    """
    asked = _asked(destinations)
    if not asked:
        return None
    try:
        with open_outbox(files.deliveries, TICK_LOCK_SECONDS) as outbox:
            for name in asked:
                if outbox.is_new(alert.occasion, name):
                    outbox.enqueue(alert.occasion, name, _FORM.dump_json(alert.message).decode())
    except OutboxUnusableError:
        return alert
    return None


def has_pending_alerts(files: OrgFiles, destinations: Sequence[Destination], audit_published: bool = False) -> bool:
    """Tells whether there is anything to send; drops alerts that no longer apply, as `retry_pending_alerts` does.

    Raises:
        OutboxUnusableError: The outbox cannot be read, or a delivery is in progress.
    """
    asked = _asked(destinations)
    if not asked or not files.deliveries.exists():
        return False
    with open_outbox(files.deliveries, TICK_LOCK_SECONDS) as outbox:
        _drop_outdated(outbox, audit_published)
        return any(name in asked for _, name, _ in outbox.pending())


def send_alerts(
    files: OrgFiles,
    destinations: Sequence[Destination],
    alert: Alert | None = None,
    waits: Sequence[float] = RETRY_WAITS,
    audit_published: bool = False,
) -> dict[str, str]:
    """Sends an alert, and pending ones after it.

    Without a new alert, each pending one is retried after `waits`; with one, only that is.
    """
    asked = _asked(destinations)
    if not asked:
        return {}
    try:
        with open_outbox(files.deliveries) as outbox:
            _drop_outdated(outbox, audit_published)
            problems = _send_pending(outbox, alert, asked, waits)
    except OutboxUnusableError:
        if alert is None:
            raise
        with in_memory_outbox() as outbox:
            problems = _send_pending(outbox, alert, asked, waits)
    if sentences := dict.fromkeys(sentence for listed in problems.values() for sentence in listed):
        raise OrgError(
            f"{files.org}: the alert was not delivered everywhere: {'; '.join(sentences)}",
            "Check these destinations: nobody there has been alerted",
        )
    return dict.fromkeys(problems, "sent")


def _asked(destinations: Sequence[Destination]) -> dict[str, Destination]:
    return {destination.name: destination for destination in destinations if destination.on == "failure"}


def _drop_outdated(outbox: Outbox, audit_published: bool) -> None:
    outbox.expire(EXPIRE_DAYS)
    if audit_published:
        outbox.cancel(_MISSED)


def _send_pending(
    outbox: Outbox, new: Alert | None, asked: Mapping[str, Destination], waits: Sequence[float]
) -> dict[str, list[str]]:
    """Sends the new alert and all pending ones; returns the problems of each destination that was sent something."""
    if new:
        for name in asked:
            outbox.enqueue(new.occasion, name, _FORM.dump_json(new.message).decode())
    problems: dict[str, list[str]] = {}
    for occasion, name, text in sorted(outbox.pending(), key=lambda pending: not new or pending[0] != new.occasion):
        if name in asked:
            delivery = Delivery(occasion, _FORM.validate_json(text), again_after_crash=True)
            is_retried = not new or occasion == new.occasion
            result = dispatch(delivery, asked[name], outbox, waits if is_retried else ())
            problems.setdefault(name, []).extend(result.problems)
            outbox.acknowledge(occasion, name)
    return problems


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} at {moment:%H:%M} UTC"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
