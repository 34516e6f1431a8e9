"""What a destination gets of a week, kept with the published files of that week.

A newer run may have failed since. What that run saw is in the warehouse, and does not concern a destination that still
has to get the published week.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from spendready_pipeline.delivery.message import Message
from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import OrgFiles

FOLDER = "delivery"
"""Within a published week."""
_MESSAGE = "message.json"
_FOR_PEOPLE = ("findings.csv", "action_plan.csv", "access_review.csv")


@dataclass(frozen=True)
class Week:
    """A published week, as destinations are told of it.

    Attributes:
        snapshot_at: The time of its snapshot, UTC.
        message: The text for message services.
        changed: Whether destinations with `on: changes` get it.
    """

    snapshot_at: datetime
    message: Message
    changed: bool

    @property
    def day(self) -> str:
        """The UTC date of the snapshot."""
        return self.snapshot_at.astimezone(UTC).date().isoformat()


_FORM = TypeAdapter(Week)


def packed(week: Week, report_name: str, report: bytes) -> dict[str, bytes]:
    """Returns the files of a published week that exist for delivery, by their path within its folder."""
    message = _FORM.dump_json(week, indent=1)
    return {f"{FOLDER}/{report_name}": report, f"{FOLDER}/{_MESSAGE}": message}


def published_week(files: OrgFiles) -> tuple[Week, Path, dict[str, Path]]:
    """Reads the published week.

    Returns:
        The week, its report, and the files for a folder or object store, by name. The report comes last: whoever finds
        it there finds the tables as well.

    Raises:
        OrgError: Nothing is published, or its report or message is missing.
    """
    # Resolved once: all files are of one week, even if another week is published meanwhile.
    folder = files.current_week.resolve()
    if not folder.is_dir():
        raise OrgError(f"{files.org}: nothing is published, so there is nothing to deliver", _RUN)
    try:
        week = _FORM.validate_json((folder / FOLDER / _MESSAGE).read_bytes())
        report = folder / FOLDER / files.report(week.snapshot_at.astimezone(UTC).date()).name
        report.stat()
    except (FileNotFoundError, ValidationError):
        raise OrgError(f"{files.org}: the published report is missing or damaged", _RUN) from None
    tables = {f"tables/{path.name}": path for path in sorted(folder.glob("*.parquet"))}
    people = {name: folder / name for name in _FOR_PEOPLE if (folder / name).exists()}
    return week, report, {**tables, **people, report.name: report}


_RUN = "Run spendready run: it publishes and delivers"
