"""A week's report to each destination that asks for it, once for each org, snapshot date and destination.

A crash between sending and recording costs, for a message, that nobody can tell whether it arrived: it is not sent
again by itself, since a second copy cannot be taken back, and the destination is named until a person decides. Files
are put again: the same bytes under the same names are no second report.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from spendready_pipeline.delivery.carrying import WAITS, Parcel, carry
from spendready_pipeline.delivery.ledger import open_ledger
from spendready_pipeline.delivery.message import Message
from spendready_pipeline.errors import OrgError
from spendready_pipeline.files import OrgFiles

if TYPE_CHECKING:
    from spendready_pipeline.settings import Destination

FOR_PEOPLE = ("findings.csv", "action_plan.csv", "access_review.csv")


def deliver(
    files: OrgFiles,
    snapshot_at: datetime,
    destinations: Sequence["Destination"],
    message: Message,
    changed: bool,
    again: str | None = None,
    waits: Sequence[float] = WAITS,
) -> dict[str, str]:
    """Delivers a week to every destination that has not got it.

    Args:
        files: The org's.
        snapshot_at: The moment of the snapshot that the message is about; its report was written, its tables published.
        destinations: Those of the settings.
        message: What messages say.
        changed: Whether there is something that those who want changes alone should hear of.
        again: The name of a destination that gets the week once more, whatever it has.
        waits: Seconds before each further try.

    Returns:
        What became of each destination.

    Raises:
        OrgError: Some destinations did not get it, or may not have; the others did. Or there is no report, or
            what it is about is not published: the run that saw it failed before.
    """
    # DuckDB: settings, which look at addresses, load without it.
    from spendready_pipeline.publishing import published_snapshots

    outcomes: dict[str, str] = {}
    problems: list[str] = []
    snapshot_date = snapshot_at.astimezone(UTC).date()
    day, report = snapshot_date.isoformat(), files.report(snapshot_date)
    if snapshot_at not in published_snapshots(files):
        raise OrgError(
            f"{files.org}: what the newest run saw on {day} is not published, so it is not delivered",
            f"See in Dagster what that run failed of; spendready run --org {files.org} runs it again and delivers",
        )
    if not report.exists():
        raise OrgError(f"{files.org}: there is no report of {day} to deliver", "spendready run makes a new one")
    parcel = Parcel(day, message, report, f"{files.org}/{day}", _files_to_put(files, report))
    with open_ledger(files.deliveries) as ledger:
        if again is not None:
            ledger.forget(day, again)
        for each in destinations:
            if each.on == "failure" or (each.on == "changes" and not changed):
                outcomes[each.name] = "not asked for"
                continue
            found = list(carry(parcel, each, ledger, waits))
            problems += found
            outcomes[each.name] = "; ".join(found) or "sent"
    if problems:
        raise OrgError(
            f"{files.org}: published, but not delivered everywhere: {'; '.join(problems)}",
            f"spendready deliver --org {files.org} tries again what failed, and nothing else; "
            "where it may have arrived, look there first: --again NAME sends it once more",
        )
    return outcomes


def _files_to_put(files: OrgFiles, report: Path) -> dict[str, Path]:
    """The report last: who finds it finds the tables as well."""
    tables = {f"tables/{path.name}": path for path in sorted(files.published.glob("*.parquet"))}
    people = {name: files.published / name for name in FOR_PEOPLE if (files.published / name).exists()}
    return {**tables, **people, report.name: report}
