"""What went wrong to those who ask for it (`on: failure`), once for each occasion.

After a crash between sending and recording an alert is sent again: a second alert costs a glance, a lost one a week
that nobody audits.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from spendready_pipeline.delivery.carrying import WAITS, Parcel, carry
from spendready_pipeline.delivery.ledger import open_ledger
from spendready_pipeline.delivery.message import Message, Part, harmless
from spendready_pipeline.errors import OrgError
from spendready_pipeline.files import OrgFiles
from spendready_pipeline.run_outcome import RunOutcome

if TYPE_CHECKING:
    from spendready_pipeline.settings import Destination

LONGEST_REASON = 1500
"""Characters of what is said of one failure: the remedy stands at its end."""


def alert_of_failure(
    files: OrgFiles, outcome: RunOutcome, destinations: Sequence["Destination"], waits: Sequence[float] = WAITS
) -> dict[str, str]:
    """Tells of a run that failed, once for each org, UTC date of the run's begin and set of failed steps.

    Args:
        files: The org's.
        outcome: How the run ended; where nothing failed, or nothing began, nothing is told.
        destinations: Those of the settings.
        waits: Seconds before each further try.

    Returns:
        What became of each destination that asks for it.

    Raises:
        OrgError: Some did not get it, or may not have; the others did.
    """
    if not outcome.failures or not outcome.began:
        return {}
    steps = ",".join(sorted({each.step for each in outcome.failures if each.step})) or "no step"
    occasion = f"failure {outcome.started_at.astimezone(UTC).date()} {steps}"
    return _alert(files, Parcel(occasion, _of_failure(outcome), again_after_crash=True), destinations, waits)


def _of_failure(outcome: RunOutcome) -> Message:
    stages = tuple(dict.fromkeys(each.stage for each in outcome.failures))
    began = outcome.started_at.astimezone(UTC)
    lines = tuple(harmless(f"{each.stage}: {each.words}", LONGEST_REASON) for each in outcome.failures)
    left = "This week's findings are published" if outcome.published else "What was published before is as it was"
    run_again = f"Then run it again: spendready run --org {outcome.org}, or launch the job in Dagster. "
    return Message(
        title=f"{outcome.org}, {_day(began)}: the audit failed ({', '.join(stages)})",
        lead=f"The audit of {outcome.org} that began on {_moment(began)} failed. {left}.",
        parts=(Part("What failed, and what to do about it:", lines, len(lines)),),
        closing=(
            ("" if stages == ("deliver",) else run_again)
            + f"The run is {outcome.run_id} in Dagster. The same failure is told once a day."
        ),
        is_alert=True,
    )


def alert_of_missed_audit(
    files: OrgFiles,
    due: datetime,
    newest: datetime | None,
    destinations: Sequence["Destination"],
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
    occasion = f"missed {due.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return _alert(files, Parcel(occasion, message, again_after_crash=True), destinations, waits)


def _alert(
    files: OrgFiles, parcel: Parcel, destinations: Sequence["Destination"], waits: Sequence[float]
) -> dict[str, str]:
    asked = [each for each in destinations if each.on == "failure"]
    if not asked:
        return {}
    with open_ledger(files.deliveries) as ledger:
        problems = {each.name: list(carry(parcel, each, ledger, waits)) for each in asked}
    if said := [sentence for each in problems.values() for sentence in each]:
        raise OrgError(
            f"{files.org}: the alert did not arrive everywhere: {'; '.join(said)}",
            "Look at these destinations: who waits there does not know of it",
        )
    return dict.fromkeys(problems, "sent")


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} at {moment:%H:%M} UTC"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
