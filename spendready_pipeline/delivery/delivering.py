"""A week's report to each destination that asks for it, once for each org, snapshot date and destination.

A crash between sending and recording costs, for a message, that nobody can tell whether it arrived: it is not sent
again by itself, since a second copy cannot be taken back, and the destination is named until a person decides. Files
are put again: the same bytes under the same names are no second report.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from spendready_pipeline.delivery import services, stores
from spendready_pipeline.delivery.failures import NotDeliveredError
from spendready_pipeline.delivery.ledger import Entry, Ledger, open_ledger
from spendready_pipeline.delivery.message import Message
from spendready_pipeline.errors import OrgError
from spendready_pipeline.files import OrgFiles

if TYPE_CHECKING:
    from spendready_pipeline.settings import Destination

WAITS = (2.0, 10.0)
"""Seconds before a delivery that certainly failed is tried again, within a run."""
FOR_PEOPLE = ("findings.csv", "action_plan.csv", "access_review.csv")


def deliver(
    files: OrgFiles,
    snapshot_date: date,
    destinations: Sequence["Destination"],
    message: Message,
    changed: bool,
    waits: Sequence[float] = WAITS,
) -> dict[str, str]:
    """Delivers a week to every destination that has not got it.

    Only one process may do so for an org at a time: an intent without a result is taken for a crash.

    Args:
        files: The org's; its report was written, its tables published.
        snapshot_date: The UTC date of the snapshot.
        destinations: Those of the settings.
        message: What messages say.
        changed: Whether anything is new, fixed or reopened.
        waits: Seconds before each further try.

    Returns:
        What became of each destination.

    Raises:
        OrgError: Some destinations did not get it, or may not have; the others did.
    """
    outcomes: dict[str, str] = {}
    problems: list[str] = []
    with open_ledger(files.deliveries) as ledger:
        for each in destinations:
            if each.on == "failure" or (each.on == "changes" and not changed):
                outcomes[each.name] = "not asked for"
                continue
            found = list(_to_destination(files, snapshot_date.isoformat(), each, message, ledger, waits))
            problems += found
            outcomes[each.name] = "; ".join(found) or "sent"
    if problems:
        raise OrgError(
            f"{files.org}: published, but not delivered everywhere: {'; '.join(problems)}",
            f"spendready deliver --org {files.org} tries again what failed, and nothing else; "
            "where it may have arrived, look there first: --again NAME sends it once more",
        )
    return outcomes


def _to_destination(
    files: OrgFiles, day: str, destination: "Destination", message: Message, ledger: Ledger, waits: Sequence[float]
) -> Iterator[str]:
    """Delivers to all recipients of a destination; gives a sentence for each that did not get it."""
    to = destination.to.get_secret_value()
    store = stores.is_store(to)
    report = files.report(date.fromisoformat(day))
    for recipient in [""] if store else services.recipients(to):
        if store:
            act = partial(stores.put, to, f"{files.org}/{day}", _files_to_put(files, report))
        else:
            act = partial(services.send, to, recipient, message, report)
        name = f"{destination.name} ({recipient})" if recipient else destination.name
        entry = ledger.entry(day, destination.name, recipient)
        if entry and entry.state == "sending" and not store:
            entry = Entry("uncertain", "the run ended while it was being sent")
            ledger.record(day, destination.name, recipient, *entry)
        if not entry or entry.state in ("failed", "sending"):
            entry = _tried(act, partial(ledger.record, day, destination.name, recipient), waits)
        if entry.state == "failed":
            yield f"{name}: {entry.reason}"
        elif entry.state == "uncertain":
            yield f"{name}: {entry.reason}, so it may or may not have arrived"


def _tried(act: Callable[[], None], record: Callable[..., None], waits: Sequence[float]) -> Entry:
    """Tries until it is sent, or might be; each try is on the disk before it begins."""
    entry = Entry("failed", "")
    for wait in (0.0, *waits):
        time.sleep(wait)
        record("sending")
        try:
            act()
        except NotDeliveredError as failure:
            entry = Entry("failed" if failure.certain else "uncertain", failure.reason)
        else:
            entry = Entry("sent", "")
        record(*entry)
        if entry.state != "failed":
            break
    return entry


def _files_to_put(files: OrgFiles, report: Path) -> dict[str, Path]:
    """The report last: who finds it finds the tables as well."""
    tables = {f"tables/{path.name}": path for path in sorted(files.published.glob("*.parquet"))}
    people = {name: files.published / name for name in FOR_PEOPLE if (files.published / name).exists()}
    return {**tables, **people, report.name: report}
