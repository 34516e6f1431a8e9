"""A week's report to each destination that asks for it, once for each org, snapshot date and destination.

A crash between sending and recording costs, for a message, that nobody can tell whether it arrived: it is not sent
again by itself, since a second copy cannot be taken back, and the destination is named until a person decides. Files
are put again: the same bytes under the same names are no second report.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

from spendready_pipeline.delivery.channels.mail import Attachment
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import WAITS, Carried, Parcel, carry
from spendready_pipeline.delivery.outbox import open_ledger
from spendready_pipeline.delivery.week import published_week
from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import OrgFiles


class NotDeliveredEverywhereError(OrgError):
    """Some destinations did not get the week, or may not have.

    Attributes:
        outcomes: What became of each destination.
    """

    def __init__(self, outcomes: Mapping[str, str], what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.outcomes = outcomes


def deliver(
    files: OrgFiles,
    destinations: Sequence[Destination],
    again: str | None = None,
    waits: Sequence[float] = WAITS,
    retry_refused: bool = False,
) -> dict[str, str]:
    """Delivers the week that is published to every destination that has not got it.

    Args:
        files: The org's.
        destinations: Those of the settings.
        again: The name of a destination that gets the week once more, whatever it has, and also where nothing changed.
        waits: Seconds before each further try.
        retry_refused: Whether what a mail server refused permanently is sent again.

    Returns:
        What became of each destination.

    Raises:
        NotDeliveredEverywhereError: Some destinations did not get it, or may not have; the others did.
        OrgError: Nothing is published.
    """
    week, report, put = published_week(files)
    outcomes: dict[str, str] = {}
    problems: list[str] = []
    attached = Attachment(report, kept_at=files.report(week.snapshot_at.astimezone(UTC).date()))
    parcel = Parcel(week.day, week.message, attached, f"{files.org}/{week.day}", put, retry_refused=retry_refused)
    with open_ledger(files.deliveries) as ledger:
        if again is not None:
            ledger.forget(week.day, again)
        for each in destinations:
            quiet = each.on == "changes" and not week.changed and each.name != again
            if each.on == "failure" or quiet:
                outcomes[each.name] = "not asked for"
                continue
            carried = carry(parcel, each, ledger, waits)
            problems += carried.problems
            outcomes[each.name] = "; ".join(carried.problems) or _outcome(carried)
    if problems:
        raise NotDeliveredEverywhereError(
            outcomes,
            f"{files.org}: published, but not delivered everywhere: {'; '.join(problems)}",
            f"spendready deliver --org {files.org} tries again what failed, and nothing else; "
            "where it may have arrived, look there first: --again NAME sends it once more. "
            "What a mail server refused is not sent again by later runs: correct the address, the password or what "
            "else it refuses, then run spendready deliver",
        )
    return outcomes


def _outcome(carried: Carried) -> str:
    return ", ".join(["sent" if carried.tried else "sent before", *carried.remarks])
