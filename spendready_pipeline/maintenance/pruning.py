"""Deleting what runs left behind, once its time (the section `keep`) is over.

Ages are counted back from the earlier of two clocks, the org's and this machine's, and the newest of each kind are kept
whatever their age: a wrong clock, or an org that nobody audits any more, deletes nothing.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from spendready_pipeline.evidence.archive import (
    PRUNE,
    Incoming,
    pages_of,
    pruned_snapshots,
    read_manifest,
    snapshot_folders,
)
from spendready_pipeline.evidence.verify import problems_inside
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.storage.files import OrgFiles, snapshot_moment

KEPT_WHATEVER_AGE = 4
"""A month of weekly audits."""


@dataclass(frozen=True)
class Pruned:
    """What was deleted because its time was over.

    Attributes:
        snapshots: Snapshots whose pages were deleted.
        reports: PDFs that were deleted.
        kept_changed: Snapshots whose pages are kept though their time is over: they are not as they were written.
    """

    snapshots: tuple[str, ...]
    reports: tuple[str, ...]
    kept_changed: tuple[str, ...] = ()


def prune(files: OrgFiles, keep: Keep, snapshot_at: datetime, local_now: datetime) -> Pruned:
    """Deletes an org's pages of evidence and reports whose time is over.

    Which pages go is written into the chain of evidence before any does; a crash in between is made up for by the next
    call.

    Args:
        files: The org's.
        keep: How long to keep what.
        snapshot_at: The newest snapshot's moment, the org's clock.
        local_now: This machine's clock.
    """
    now = min(snapshot_at, local_now)
    over, changed = _evidence_over(files, now - timedelta(days=keep.evidence_days))
    if over:
        Incoming(files, local_now, PRUNE).seal(
            {"org": files.org, "about": over, "what": f"pages deleted after {keep.evidence_days} days", "objects": []}
        )
    for name in pruned_snapshots(files):
        _delete_pages(files, name)
    reports = list(_delete_reports(files, (now - timedelta(days=keep.reports_days)).astimezone(UTC).date()))
    return Pruned(tuple(over), tuple(reports), tuple(changed))


def _evidence_over(files: OrgFiles, before: datetime) -> tuple[list[str], list[str]]:
    """Returns the snapshots older than a moment whose pages are still there: unchanged ones, and changed ones."""
    dated = [folder for folder in snapshot_folders(files.evidence) if snapshot_moment(folder.name)]
    pruned = pruned_snapshots(files)
    over: list[str] = []
    changed: list[str] = []
    for folder in dated[:-KEPT_WHATEVER_AGE]:
        moment = snapshot_moment(folder.name)
        if moment is None or moment >= before or folder.name in pruned:
            continue
        read = read_manifest(folder)
        unchanged = read is not None and not any(problems_inside(folder, read[0]))
        (over if unchanged else changed).append(folder.name)
    return over, changed


def _delete_pages(files: OrgFiles, name: str) -> None:
    """Deletes the pages that a manifest names, and nothing else."""
    folder = files.evidence / name
    read = read_manifest(folder)
    for page in pages_of(read[0]) if read else ():
        path = folder / page["file"]
        path.unlink(missing_ok=True)
        with suppress(OSError):  # other pages are still in it, or it is gone already
            path.parent.rmdir()


def _delete_reports(files: OrgFiles, before: date) -> Iterator[str]:
    folder = files.report(before).parent
    named = re.compile(rf"{re.escape(files.org)}-(\d{{4}}-\d\d-\d\d)\.pdf")
    dated = []
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(ValueError):
            if found := named.fullmatch(path.name):
                dated.append((date.fromisoformat(found[1]), path))
    for day, path in sorted(dated)[:-KEPT_WHATEVER_AGE]:
        if day < before:
            path.unlink(missing_ok=True)
            yield path.name
