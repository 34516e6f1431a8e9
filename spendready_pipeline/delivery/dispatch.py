"""Sends one delivery to one destination, once for each occasion and recipient, across retries and crashes."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from spendready_pipeline.delivery.channels import apprise, stores
from spendready_pipeline.delivery.channels.mail import Attachment
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.failures import NotDeliveredError
from spendready_pipeline.delivery.message import Message
from spendready_pipeline.delivery.outbox import Entry, Outbox, State

RETRY_WAITS = (2.0, 10.0)
"""Seconds before each retry, within a run, of a delivery that certainly failed."""


@dataclass(frozen=True)
class Delivery:
    """What is sent.

    Attributes:
        occasion: The reason for sending it, a key of the outbox: a destination gets it once.
        message: The text for a message service.
        report: The attachment for a message service that takes attachments.
        folder: Where in a folder or object store the files go.
        files: The files for a folder or object store, by name.
        again_after_crash: Whether to send a message again that a crash may have cut off, at the risk of a second copy.
        retry_refused: Whether to send a message again that was refused permanently, because a person asked for it.
    """

    occasion: str
    message: Message
    report: Attachment | None = None
    folder: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    again_after_crash: bool = False
    retry_refused: bool = False


@dataclass(frozen=True)
class DispatchResult:
    """The result of a delivery to one destination.

    Attributes:
        tried: Whether sending was attempted; false where all recipients had it before.
        problems: A sentence for each recipient that did not get it, or may not have.
        remarks: A sentence for each recipient that got only part of it.
    """

    tried: bool
    problems: list[str]
    remarks: list[str]


def dispatch(
    delivery: Delivery, destination: Destination, outbox: Outbox, waits: Sequence[float] = RETRY_WAITS
) -> DispatchResult:
    """Sends a delivery to each recipient of a destination that does not have it yet.

    Args:
        delivery: What to send.
        destination: Where to.
        outbox: The record of who has it.
        waits: Seconds before each retry.
    """
    tried, problems, remarks = False, [], []
    to_try = ("failed", "sending", "refused") if delivery.retry_refused else ("failed", "sending")
    store = stores.is_store(destination.to.get_secret_value())
    for name, recipient, act in planned_sends(delivery, destination):
        key = delivery.occasion, destination.name, recipient
        entry = outbox.entry(*key)
        if entry and entry.state == "sending" and not (store or delivery.again_after_crash):
            entry = Entry("uncertain", "the run ended while it was being sent")
            outbox.record(*key, *entry)
        if not entry or entry.state in to_try:
            entry, tried = _send_with_retries(act, partial(outbox.record, *key), waits), True
        if entry.state == "sent" and entry.reason:
            remarks.append(f"{name}: {entry.reason}" if recipient else entry.reason)
        if entry.state in ("failed", "refused"):
            problems.append(f"{name}: {entry.reason}")
        elif entry.state == "uncertain":
            problems.append(f"{name}: {entry.reason}, so it may or may not have arrived")
    return DispatchResult(tried, problems, remarks)


def planned_sends(delivery: Delivery, destination: Destination) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Yields for each recipient its name, its key in the outbox, and the function that sends.

    That function returns a remark where only part of the delivery arrived, else an empty string.
    """
    to = destination.to.get_secret_value()
    if stores.is_store(to):
        yield destination.name, "", partial(stores.put, to, delivery.folder, delivery.files)
        return
    for recipient in apprise.recipients(to):
        name = f"{destination.name} ({recipient})" if recipient else destination.name
        yield name, recipient, partial(apprise.send, to, recipient, delivery.message, delivery.report)


def _send_with_retries(act: Callable[[], str], record: Callable[..., None], waits: Sequence[float]) -> Entry:
    """Retries until it is sent, or may have been; each attempt is on the disk before it begins."""
    entry = Entry("failed", "")
    for wait in (0.0, *waits):
        time.sleep(wait)
        record("sending")
        try:
            entry = Entry("sent", act())
        except NotDeliveredError as failure:
            entry = Entry(_state(failure), failure.reason)
        except Exception as error:  # noqa: BLE001 - whatever a service's plugin raises stops no other destination
            entry = Entry("uncertain", f"its plugin failed ({type(error).__name__})")
        record(*entry)
        if entry.state != "failed":
            break
    return entry


def _state(failure: NotDeliveredError) -> State:
    if failure.permanent:
        return "refused"
    return "failed" if failure.certain else "uncertain"
