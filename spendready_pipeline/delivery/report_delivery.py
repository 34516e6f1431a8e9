"""Delivers the weekly report to each destination that asks for it, once for each org, snapshot date and destination.

After a crash between sending and recording, nobody can tell whether a message arrived. It is not sent again by itself,
since a second copy cannot be taken back; an error names the destination until a person decides. Files are written
again: the same bytes under the same names are not a second report.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

from spendready_pipeline.delivery.channels.mail import Attachment
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import RETRY_WAITS, Delivery, DispatchResult, dispatch
from spendready_pipeline.delivery.outbox import open_outbox
from spendready_pipeline.delivery.week import published_week
from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import OrgFiles


class NotDeliveredEverywhereError(OrgError):
    """Some destinations did not get the week, or may not have.

    Attributes:
        outcomes: The result of each destination.
    """

    def __init__(self, outcomes: Mapping[str, str], what: str, remediation: str) -> None:
        super().__init__(what, remediation)
        self.outcomes = outcomes


def deliver(
    files: OrgFiles,
    destinations: Sequence[Destination],
    resend_to: str | None = None,
    waits: Sequence[float] = RETRY_WAITS,
    retry_refused: bool = False,
) -> dict[str, str]:
    """Delivers the published week to every destination that does not have it yet.

    Args:
        files: The files of the org.
        destinations: All configured destinations.
        resend_to: The name of a destination that gets the week again, even where it has it or nothing changed.
        waits: Seconds before each retry.
        retry_refused: Whether to send again what a mail server refused permanently.

    Returns:
        The result of each destination.

    Raises:
        NotDeliveredEverywhereError: Some destinations did not get it, or may not have; the others did.
        OrgError: Nothing is published.
    """
    week, report, put = published_week(files)
    outcomes: dict[str, str] = {}
    problems: list[str] = []
    attached = Attachment(report, kept_at=files.report(week.snapshot_at.astimezone(UTC).date()))
    delivery = Delivery(week.day, week.message, attached, f"{files.org}/{week.day}", put, retry_refused=retry_refused)
    with open_outbox(files.deliveries) as outbox:
        if resend_to is not None:
            outbox.forget(week.day, resend_to)
        for each in destinations:
            quiet = each.on == "changes" and not week.changed and each.name != resend_to
            if each.on == "failure" or quiet:
                outcomes[each.name] = "not asked for"
                continue
            result = dispatch(delivery, each, outbox, waits)
            problems += result.problems
            outcomes[each.name] = "; ".join(result.problems) or _outcome(result)
    if problems:
        raise NotDeliveredEverywhereError(
            outcomes,
            f"{files.org}: published, but not delivered everywhere: {'; '.join(problems)}",
            f"To retry only what failed, run spendready deliver --org {files.org}. Where it may have arrived, look "
            "there first; --again NAME sends it again. Later runs do not retry what a mail server refused: correct "
            "what it refuses, such as the address or the password, then run spendready deliver",
        )
    return outcomes


def _outcome(result: DispatchResult) -> str:
    return ", ".join(["sent" if result.tried else "sent before", *result.remarks])
