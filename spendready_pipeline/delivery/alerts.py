"""What went wrong to those who ask for it (`on: failure`), once for each occasion.

An alert is kept until it was sent, and tried again whenever there is reason to look. A second alert costs a glance, a
lost one a week that nobody audits: after a crash between sending and recording an alert is sent again, and where no
ledger can be had it is sent without one. What is new is told first, as patiently as a report: an old one, to a
destination that is still down, holds nobody up.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import TypeAdapter

from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import WAITS, Parcel, carry
from spendready_pipeline.delivery.message import Message, Part, harmless
from spendready_pipeline.delivery.outbox import Ledger, LedgerUnusableError, forgetful_ledger, open_ledger
from spendready_pipeline.errors import OrgError
from spendready_pipeline.run_outcome import RunOutcome
from spendready_pipeline.storage.files import OrgFiles, write_atomically

LONGEST_REASON = 1500
"""Characters of what is said of one failure: the remedy stands at its end."""
OWED_DAYS = 7
"""How long an alert that nobody took is tried again: by then the next audit was due."""
_MISSED = "missed "
_FORM = TypeAdapter(Message)


def alert_of_failure(
    files: OrgFiles, outcome: RunOutcome, destinations: Sequence[Destination], waits: Sequence[float] = WAITS
) -> dict[str, str]:
    """Tells of a run that failed, once for each org, UTC date of the run's begin and set of failed steps.

    Tells as well what earlier alerts have not told.

    Args:
        files: The org's.
        outcome: How the run ended; where nothing failed, or nothing began, nothing of it is told.
        destinations: Those of the settings.
        waits: Seconds before each further try.

    Returns:
        What became of each destination that asks for it.

    Raises:
        OrgError: Some did not get it, or may not have; the others did.
    """
    if not outcome.failures or not outcome.began:
        return alert_again(files, destinations, came=outcome.published)
    steps = ",".join(sorted({each.step for each in outcome.failures if each.step})) or "no step"
    occasion = f"failure {outcome.started_at.astimezone(UTC).date()} {steps}"
    return _alert(files, (occasion, _of_failure(outcome)), destinations, waits, came=outcome.published)


def _of_failure(outcome: RunOutcome) -> Message:
    stages = tuple(dict.fromkeys(each.stage for each in outcome.failures))
    began = outcome.started_at.astimezone(UTC)
    lines = tuple(harmless(f"{each.stage}: {each.words}", LONGEST_REASON, addresses=True) for each in outcome.failures)
    if stages == ("deliver",):
        title = "the report was not delivered everywhere"
        lead = f"What the run of {_moment(began)} had to deliver for {outcome.org} did not arrive everywhere."
        closing = ""
    else:
        title = f"the audit failed ({', '.join(stages)})"
        left = "This week's findings are published" if outcome.published else "What was published before is as it was"
        lead = f"The audit of {outcome.org} that began on {_moment(began)} failed. {left}."
        closing = f"Then run it again: spendready run --org {outcome.org}, or launch the job in Dagster. "
    return Message(
        title=f"{outcome.org}, {_day(began)}: {title}",
        lead=lead,
        parts=(Part("What failed, and what to do about it:", lines, len(lines)),),
        closing=f"{closing}The run is {outcome.run_id} in Dagster. The same failure is told once a day.",
        is_alert=True,
    )


def alert_of_missed_audit(
    files: OrgFiles,
    due: datetime,
    newest: datetime | None,
    destinations: Sequence[Destination],
    waits: Sequence[float] = WAITS,
) -> dict[str, str]:
    """Tells that an audit which was due is not there, once for each org and moment at which one was due.

    Args:
        files: The org's.
        due: When it should have begun, UTC.
        newest: The newest snapshot that is published, UTC; None where nothing is.
        destinations: Those of the settings.
        waits: Seconds before each further try.

    Returns:
        What became of each destination that asks for it.

    Raises:
        OrgError: Some did not get it, or may not have; the others did.
    """
    has = f"The newest that is published is of {_moment(newest)}" if newest else "Nothing has ever been published"
    message = Message(
        title=f"{files.org}: the audit of {_day(due)} is missing",
        lead=f"The audit of {files.org} that was due on {_moment(due)} is not there. {has}.",
        closing=(
            f"Look in Dagster whether its daemon and the schedule are running, and whether a run of {files.org} failed "
            f"or waits; spendready run --org {files.org} makes up for it. This is told once for each missing audit."
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
    waits: Sequence[float] = WAITS,
) -> dict[str, str]:
    """Tells that the disk will be full soon, once a calendar week, whichever of the orgs on it finds out.

    Args:
        files: The org's that finds out.
        words: What is said, a sentence or two.
        now: This machine's clock.
        destinations: Those of the settings.
        waits: Seconds before each further try.

    Returns:
        What became of each destination that asks for it; empty where this week was told before.

    Raises:
        OrgError: Some did not get it, or may not have; the others did.
    """
    week = f"{now.astimezone(UTC):%G-W%V}"
    told = files.root.parent / ".disk-alert"
    if told.exists() and told.read_text(encoding="utf-8") == week:
        return {}
    message = Message(
        title=f"{files.org}: the disk will be full soon",
        lead=harmless(f"{words[:1].upper()}{words[1:]}.", LONGEST_REASON, addresses=True),
        closing="This is told once a week.",
        is_alert=True,
    )
    outcomes = _alert(files, (f"disk {week}", message), destinations, waits)
    write_atomically(told, week.encode())
    return outcomes


def alert_again(files: OrgFiles, destinations: Sequence[Destination], came: bool = False) -> dict[str, str]:
    """Tells what earlier alerts have not told, since a destination failed or the program died; each is tried once.

    Args:
        files: The org's.
        destinations: Those of the settings; who is not among them any more is told nothing.
        came: Whether the audit that was due last is published by now: nobody is told any more that one is missing.

    Returns:
        What became of each destination that was told something.

    Raises:
        OrgError: Some did not get it, or may not have; the others did.
    """
    return _alert(files, None, destinations, (), came) if files.deliveries.exists() else {}


def _alert(
    files: OrgFiles,
    new: tuple[str, Message] | None,
    destinations: Sequence[Destination],
    waits: Sequence[float],
    came: bool = False,
) -> dict[str, str]:
    asked = {each.name: each for each in destinations if each.on == "failure"}
    if not asked:
        return {}
    try:
        with open_ledger(files.deliveries) as ledger:
            ledger.write_off(OWED_DAYS)
            if came:
                ledger.withdraw(_MISSED)
            problems = _told(ledger, new, asked, waits)
    except LedgerUnusableError:
        if new is None:
            raise
        with forgetful_ledger() as ledger:
            problems = _told(ledger, new, asked, waits)
    if said := dict.fromkeys(sentence for each in problems.values() for sentence in each):
        raise OrgError(
            f"{files.org}: the alert did not arrive everywhere: {'; '.join(said)}",
            "Look at these destinations: who waits there does not know of it",
        )
    return dict.fromkeys(problems, "sent")


def _told(
    ledger: Ledger, new: tuple[str, Message] | None, asked: Mapping[str, Destination], waits: Sequence[float]
) -> dict[str, list[str]]:
    """Tells what is new and what is owed; what is wrong with each destination that was told something."""
    news = ""
    if new:
        news, message = new
        for name in asked:
            ledger.owe(news, name, _FORM.dump_json(message).decode())
    problems: dict[str, list[str]] = {}
    for occasion, name, words in sorted(ledger.owed(), key=lambda each: each[0] != news):
        if name in asked:
            parcel = Parcel(occasion, _FORM.validate_json(words), again_after_crash=True)
            carried = carry(parcel, asked[name], ledger, waits if occasion == news else ())
            problems.setdefault(name, []).extend(carried.problems)
            ledger.settle(occasion, name)
    return problems


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} at {moment:%H:%M} UTC"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
