"""Alerts destinations with `on: failure` of what went wrong, once for each occasion.

An alert stays pending until it is sent, and every later look retries it. A second copy costs a glance, a lost alert
costs a week without an audit: after a crash between sending and recording an alert is sent again, and it is sent even
where the outbox cannot be opened. A new alert comes first and is retried as patiently as a report. An old one gets one
attempt, so that a destination that is still down delays nothing.

Each function here takes the files of the org, what happened, the configured destinations, and the seconds before each
retry. It returns the result of each destination that asks for alerts, and raises OrgError if some did not get the
alert, or may not have.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import TypeAdapter

from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import RETRY_WAITS, Delivery, dispatch
from spendready_pipeline.delivery.message import Message, Part, sanitize
from spendready_pipeline.delivery.outbox import Outbox, OutboxUnusableError, in_memory_outbox, open_outbox
from spendready_pipeline.errors import OrgError
from spendready_pipeline.run_outcome import RunOutcome
from spendready_pipeline.storage.files import OrgFiles, write_atomically

LONGEST_REASON = 1500
"""Characters of the text of one failure: the remediation is at its end."""
EXPIRE_DAYS = 7
"""How long an alert is retried: after a week, the next audit was due."""
_MISSED = "missed "
_FORM = TypeAdapter(Message)


def alert_of_failure(
    files: OrgFiles, outcome: RunOutcome, destinations: Sequence[Destination], waits: Sequence[float] = RETRY_WAITS
) -> dict[str, str]:
    """Sends an alert of a failed run, once for each org, UTC date of its start and set of failed steps.

    Sends pending alerts as well. A run without failures, or one that did nothing, adds no alert.
    """
    if not outcome.failures or not outcome.began:
        return retry_pending_alerts(files, destinations, audit_published=outcome.published)
    steps = ",".join(sorted({failure.step for failure in outcome.failures if failure.step})) or "no step"
    occasion = f"failure {outcome.started_at.astimezone(UTC).date()} {steps}"
    return _alert(files, (occasion, _failure_message(outcome)), destinations, waits, audit_published=outcome.published)


def _failure_message(outcome: RunOutcome) -> Message:
    stages = tuple(dict.fromkeys(failure.stage for failure in outcome.failures))
    began = outcome.started_at.astimezone(UTC)
    lines = tuple(
        sanitize(f"{failure.stage}: {failure.words}", LONGEST_REASON, addresses=True) for failure in outcome.failures
    )
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


def alert_of_missed_audit(
    files: OrgFiles,
    due: datetime,
    newest: datetime | None,
    destinations: Sequence[Destination],
    waits: Sequence[float] = RETRY_WAITS,
) -> dict[str, str]:
    """Sends an alert that an audit is missing, once for each org and time at which one was due.

    `due` is when it should have started, `newest` the newest published snapshot (None: no week is published), both UTC.
    """
    state = f"The newest published audit is of {_moment(newest)}" if newest else "No audit has ever been published"
    message = Message(
        title=f"{files.org}: the audit of {_day(due)} is missing",
        lead=f"The audit of {files.org} that was due on {_moment(due)} is not published. {state}.",
        closing=(
            f"Check in Dagster that the daemon and the schedule are running, and that no run of {files.org} failed or "
            f"is waiting. To make up for it, run spendready run --org {files.org}. Each missing audit is reported once."
        ),
        is_alert=True,
    )
    occasion = f"{_MISSED}{due.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return _alert(files, (occasion, message), destinations, waits)


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
    outcomes = _alert(files, (f"disk {week}", message), destinations, waits)
    write_atomically(marker, week.encode())
    return outcomes


def retry_pending_alerts(
    files: OrgFiles, destinations: Sequence[Destination], audit_published: bool = False
) -> dict[str, str]:
    """Sends pending alerts to destinations that are still configured, with one attempt each.

    `audit_published` says that the audit that was due last is published by now: alerts that one is missing are dropped.
    """
    return _alert(files, None, destinations, (), audit_published) if files.deliveries.exists() else {}


def _alert(
    files: OrgFiles,
    new: tuple[str, Message] | None,
    destinations: Sequence[Destination],
    waits: Sequence[float],
    audit_published: bool = False,
) -> dict[str, str]:
    asked = {destination.name: destination for destination in destinations if destination.on == "failure"}
    if not asked:
        return {}
    try:
        with open_outbox(files.deliveries) as outbox:
            outbox.expire(EXPIRE_DAYS)
            if audit_published:
                outbox.cancel(_MISSED)
            problems = _send_pending(outbox, new, asked, waits)
    except OutboxUnusableError:
        if new is None:
            raise
        with in_memory_outbox() as outbox:
            problems = _send_pending(outbox, new, asked, waits)
    if sentences := dict.fromkeys(sentence for listed in problems.values() for sentence in listed):
        raise OrgError(
            f"{files.org}: the alert was not delivered everywhere: {'; '.join(sentences)}",
            "Check these destinations: nobody there has been alerted",
        )
    return dict.fromkeys(problems, "sent")


def _send_pending(
    outbox: Outbox, new: tuple[str, Message] | None, asked: Mapping[str, Destination], waits: Sequence[float]
) -> dict[str, list[str]]:
    """Sends the new alert and all pending ones; returns the problems of each destination that was sent something."""
    new_occasion = ""
    if new:
        new_occasion, message = new
        for name in asked:
            outbox.enqueue(new_occasion, name, _FORM.dump_json(message).decode())
    problems: dict[str, list[str]] = {}
    for occasion, name, text in sorted(outbox.pending(), key=lambda pending: pending[0] != new_occasion):
        if name in asked:
            delivery = Delivery(occasion, _FORM.validate_json(text), again_after_crash=True)
            result = dispatch(delivery, asked[name], outbox, waits if occasion == new_occasion else ())
            problems.setdefault(name, []).extend(result.problems)
            outbox.acknowledge(occasion, name)
    return problems


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} at {moment:%H:%M} UTC"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
