"""Delivers the weekly report to each destination that asks for it, once for each org, snapshot date and destination.

After a crash between sending and recording, nobody can tell whether a message arrived. It is not sent again by itself,
since a second copy cannot be taken back; an error names the destination until a person decides. Files are written
again: the same bytes under the same names are not a second report.
"""

from collections.abc import Callable, Sequence
from datetime import UTC

from spendready_pipeline.delivery.channels.mail import Attachment
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import RETRY_WAITS, Delivery, DispatchResult, dispatch
from spendready_pipeline.delivery.outbox import open_outbox
from spendready_pipeline.delivery.week import published_week
from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import OrgFiles


def deliver(
    files: OrgFiles,
    destinations: Sequence[Destination],
    resend_to: str | None = None,
    waits: Sequence[float] = RETRY_WAITS,
    retry_refused: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Delivers the published week to every destination that does not have it yet.

    Args:
        files: The files of the org.
        destinations: All configured destinations.
        resend_to: The name of a destination that gets the week again, even where it has it or nothing changed.
        waits: Seconds before each retry.
        retry_refused: Whether to send again what a mail server refused permanently.
        report: Takes a line that says which destinations have the week now.

    Returns:
        The result of each destination.

    Raises:
        OrgError: Nothing is published; or some destinations did not get it, or may not have, and the others did.
    """
    week, document, put = published_week(files)
    outcomes: dict[str, str] = {}
    problems: list[str] = []
    failed: set[str] = set()
    attached = Attachment(document, kept_at=files.report(week.snapshot_at.astimezone(UTC).date()))
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
            failed |= {each.name} if result.problems else set()
            outcomes[each.name] = "; ".join(result.problems) or _outcome(result)
    if delivered := ", ".join(f"{name} ({what})" for name, what in outcomes.items() if name not in failed):
        report(f"delivered: {delivered}")
    if problems:
        raise OrgError(
            f"{files.org}: published, but not delivered everywhere: {'; '.join(problems)}",
            f"To retry only what failed, run spendready deliver --org {files.org}. Where it may have arrived, look "
            "there first; --again NAME sends it again. Later runs do not retry what a mail server refused: correct "
            "what it refuses, such as the address or the password, then run spendready deliver",
        )
    return outcomes


def _outcome(result: DispatchResult) -> str:
    return ", ".join(["sent" if result.tried else "sent before", *result.remarks])
