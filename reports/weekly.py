"""The report of a week: from the warehouse to its file, and into what is published."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from reports.document import build
from reports.message import has_changes, message
from spendready_pipeline.delivery import Week, packed
from spendready_pipeline.publish.week import WEEKS_KEPT, publish
from spendready_pipeline.review import Review, read_review
from spendready_pipeline.storage.files import OrgFiles, write_atomically
from spendready_pipeline.storage.warehouse import open_warehouse


@dataclass(frozen=True)
class WeeklyReport:
    """A report that was written.

    Attributes:
        path: Where it is.
        document: The PDF.
        review: What it shows.
    """

    path: Path
    document: bytes
    review: Review


def write_report(files: OrgFiles) -> WeeklyReport:
    """Builds the report of what the warehouse holds and writes it, as a whole or not at all."""
    return _write(files, _review(files))


def publish_week(files: OrgFiles, weeks_kept: int = WEEKS_KEPT) -> dict[str, int]:
    """Publishes what the warehouse holds, with its report and message for delivery.

    The report is the one that `write_report` wrote for the same facts. Where the file is of other facts (Dagster may
    run this alone, after another run of the day), it is built here.

    Args:
        files: The org's.
        weeks_kept: How many weeks are kept, this one included.

    Returns:
        The rows by table.
    """
    review = _review(files)
    report = _written(files, review) or _write(files, review)
    week = Week(review.snapshot_at, message(review), has_changes(review))
    return publish(files, packed(week, report.path.name, report.document), weeks_kept)


def _review(files: OrgFiles) -> Review:
    with open_warehouse(files.warehouse) as warehouse:
        return read_review(warehouse)


def _write(files: OrgFiles, review: Review) -> WeeklyReport:
    report = WeeklyReport(files.report(review.snapshot_at.date()), build(review), review)
    write_atomically(report.path, report.document)
    write_atomically(files.report_record, json.dumps(_record(report)).encode())
    return report


def _written(files: OrgFiles, review: Review) -> WeeklyReport | None:
    """The report that is there, if it shows this review and is as it was written."""
    path = files.report(review.snapshot_at.date())
    try:
        report = WeeklyReport(path, path.read_bytes(), review)
        record = json.loads(files.report_record.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return report if record == _record(report) else None


def _record(report: WeeklyReport) -> dict[str, str]:
    """The digests of a report and of the facts that it shows: the same review gives the same bytes."""
    return {
        "document": sha256(report.document).hexdigest(),
        "review": sha256(repr(report.review).encode()).hexdigest(),
    }
