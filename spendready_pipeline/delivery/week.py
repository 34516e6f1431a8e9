"""What a destination gets of a week, kept with what was published of it.

The newest run may have failed since: what it saw is in the warehouse, and of no concern to who still waits for the week
that people can query.
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
    """What is said of a week.

    Attributes:
        snapshot_at: The moment of its snapshot, UTC.
        message: What messages say.
        changed: Whether there is something that those who want changes alone should hear of.
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
    """The files of a published week that are there to be delivered, by their names within its folder."""
    message = _FORM.dump_json(week, indent=1)
    return {f"{FOLDER}/{report_name}": report, f"{FOLDER}/{_MESSAGE}": message}


def published_week(files: OrgFiles) -> tuple[Week, Path, dict[str, Path]]:
    """The week that is published.

    Args:
        files: The org's.

    Returns:
        What is said of it, its report, and the files that a folder or object store gets, by name: the report last, so
        that who finds it finds the tables as well.

    Raises:
        OrgError: Nothing is published, or not with what is to be delivered.
    """
    # Resolved once: all files are of one week, whatever is published meanwhile.
    folder = files.current_week.resolve()
    if not folder.is_dir():
        raise OrgError(f"{files.org}: nothing is published, so there is nothing to deliver", _RUN)
    try:
        week = _FORM.validate_json((folder / FOLDER / _MESSAGE).read_bytes())
        report = folder / FOLDER / files.report(week.snapshot_at.astimezone(UTC).date()).name
        report.stat()
    except (FileNotFoundError, ValidationError):
        raise OrgError(f"{files.org}: the report of what is published is gone, or damaged", _RUN) from None
    tables = {f"tables/{path.name}": path for path in sorted(folder.glob("*.parquet"))}
    people = {name: folder / name for name in _FOR_PEOPLE if (folder / name).exists()}
    return week, report, {**tables, **people, report.name: report}


_RUN = "spendready run publishes and delivers"
