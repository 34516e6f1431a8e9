"""One parcel to one destination, once for each occasion and recipient, whatever breaks in between."""

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
from spendready_pipeline.delivery.outbox import Entry, Ledger, State

WAITS = (2.0, 10.0)
"""Seconds before a delivery that certainly failed is tried again, within a run."""


@dataclass(frozen=True)
class Parcel:
    """What is carried.

    Attributes:
        occasion: What it is carried for, in the ledger's words: a destination gets it once.
        message: What a message service says.
        report: What a message service attaches, where it takes attachments.
        folder: Where in a folder or object store the files go.
        files: What goes there, by name.
        again_after_crash: Whether a message that a crash may have cut off is sent again, at the price of a second copy.
        retry_refused: Whether a message that was refused permanently is sent again: a person says that it may pass now.
    """

    occasion: str
    message: Message
    report: Attachment | None = None
    folder: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    again_after_crash: bool = False
    retry_refused: bool = False


@dataclass(frozen=True)
class Carried:
    """What became of a parcel at one destination.

    Attributes:
        tried: Whether anything was sent, or tried to be: all recipients may have had it before.
        problems: A sentence for each recipient that did not get it, or may not have.
        remarks: A sentence for each recipient that got less than all of it.
    """

    tried: bool
    problems: list[str]
    remarks: list[str]


def carry(parcel: Parcel, destination: Destination, ledger: Ledger, waits: Sequence[float] = WAITS) -> Carried:
    """Carries a parcel to all recipients of a destination that have not got it.

    Args:
        parcel: What is carried.
        destination: Where to.
        ledger: The org's; it knows who has the parcel.
        waits: Seconds before each further try.
    """
    tried, problems, remarks = False, [], []
    to_try = ("failed", "sending", "refused") if parcel.retry_refused else ("failed", "sending")
    store = stores.is_store(destination.to.get_secret_value())
    for name, recipient, act in errands(parcel, destination):
        key = parcel.occasion, destination.name, recipient
        entry = ledger.entry(*key)
        if entry and entry.state == "sending" and not (store or parcel.again_after_crash):
            entry = Entry("uncertain", "the run ended while it was being sent")
            ledger.record(*key, *entry)
        if not entry or entry.state in to_try:
            entry, tried = _tried(act, partial(ledger.record, *key), waits), True
        if entry.state == "sent" and entry.reason:
            remarks.append(f"{name}: {entry.reason}" if recipient else entry.reason)
        if entry.state in ("failed", "refused"):
            problems.append(f"{name}: {entry.reason}")
        elif entry.state == "uncertain":
            problems.append(f"{name}: {entry.reason}, so it may or may not have arrived")
    return Carried(tried, problems, remarks)


def errands(parcel: Parcel, destination: Destination) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """What there is to do to carry a parcel: of each recipient its name, how the ledger calls it, and the act.

    An act returns what is to be said of a delivery that arrived, but not as a whole.
    """
    to = destination.to.get_secret_value()
    if stores.is_store(to):
        yield destination.name, "", partial(stores.put, to, parcel.folder, parcel.files)
        return
    for recipient in apprise.recipients(to):
        name = f"{destination.name} ({recipient})" if recipient else destination.name
        yield name, recipient, partial(apprise.send, to, recipient, parcel.message, parcel.report)


def _tried(act: Callable[[], str], record: Callable[..., None], waits: Sequence[float]) -> Entry:
    """Tries until it is sent, or might be; each try is on the disk before it begins."""
    entry = Entry("failed", "")
    for wait in (0.0, *waits):
        time.sleep(wait)
        record("sending")
        try:
            entry = Entry("sent", act())
        except NotDeliveredError as failure:
            entry = Entry(_state(failure), failure.reason)
        except Exception as error:  # noqa: BLE001 - what a service's program may raise stops no other destination
            entry = Entry("uncertain", f"the program that serves it broke ({type(error).__name__})")
        record(*entry)
        if entry.state != "failed":
            break
    return entry


def _state(failure: NotDeliveredError) -> State:
    if failure.permanent:
        return "refused"
    return "failed" if failure.certain else "uncertain"
