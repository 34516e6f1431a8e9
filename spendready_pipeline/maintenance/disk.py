"""What an org's files take on the disk, how that grows, and whether the disk will be full soon.

Each run that succeeds notes the sizes in `data_dir/<org>/.sizes.jsonl`; growth is read from these notes.
"""

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from spendready_pipeline.storage.files import OrgFiles, write_atomically

SOON = timedelta(weeks=4)
"""A disk that will be full within this time is told of."""
_NOTES_KEPT = 110
"""Two years of weekly audits."""
_LOOKED_BACK = timedelta(weeks=13)
_SHORTEST = timedelta(days=6)
"""Notes closer together than a weekly audit say nothing of how a week grows."""


@dataclass(frozen=True)
class Sizes:
    """What was on the disk at one moment, in bytes.

    Attributes:
        at: The moment, this machine's clock.
        evidence: The evidence.
        warehouse: The warehouse, with what DuckDB keeps beside it.
        reports: The PDFs.
        published: The published weeks and files.
        other: The rest of the org's folder.
        dagster: Dagster's home, which all orgs share.
        free: What was free on the disk.
    """

    at: datetime
    evidence: int
    warehouse: int
    reports: int
    published: int
    other: int
    dagster: int
    free: int

    @property
    def org(self) -> int:
        """All of the org's folder."""
        return self.evidence + self.warehouse + self.reports + self.published + self.other


@dataclass(frozen=True)
class Forecast:
    """When a disk will be full.

    Attributes:
        free: Bytes that are free now.
        a_day: Bytes by which files grow a day; None where that is not known yet.
    """

    free: int
    a_day: float | None

    @property
    def left(self) -> timedelta | None:
        """The time until it is full; None where it is not known, or longer than ten years."""
        if self.a_day is None or self.a_day <= 0 or self.free / self.a_day > 3650:
            return None
        return timedelta(days=self.free / self.a_day)

    @property
    def is_full_soon(self) -> bool:
        """Whether it will be full within four weeks."""
        return self.left is not None and self.left <= SOON


def measure(files: OrgFiles, dagster_home: Path, now: datetime) -> Sizes:
    """Adds up an org's files, and Dagster's."""
    parts = {
        "evidence": bytes_of(files.evidence) + bytes_of(files.evidence_ledger),
        "warehouse": sum(bytes_of(path) for path in files.root.glob(f"{files.warehouse.name}*")),
        "reports": bytes_of(files.reports),
        "published": bytes_of(files.published),
    }
    other = bytes_of(files.root) - sum(parts.values())
    return Sizes(now, **parts, other=other, dagster=bytes_of(dagster_home), free=free_bytes(files.root))


def bytes_of(path: Path) -> int:
    """Adds up the files of a folder, or gives the size of a file; links count as nothing, nor does what vanishes."""
    try:
        if not path.is_dir():
            return path.lstat().st_size
        total, folders = 0, [str(path)]
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
    return total


def free_bytes(path: Path) -> int:
    """Returns what is free on the disk that a path is on, or will be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def note(files: OrgFiles, sizes: Sizes) -> None:
    """Adds to the notes from which growth is read."""
    kept = [*notes(files), sizes][-_NOTES_KEPT:]
    write_atomically(files.sizes, "".join(f"{_line(each)}\n" for each in kept).encode())


def notes(files: OrgFiles) -> list[Sizes]:
    """Returns the notes, the oldest first; a line that cannot be read is left out."""
    try:
        lines = files.sizes.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    read = []
    for line in lines:
        try:
            content = json.loads(line)
            read.append(Sizes(**content | {"at": datetime.fromisoformat(content["at"]).astimezone(UTC)}))
        except (ValueError, TypeError, KeyError):
            continue
    return sorted(read, key=lambda each: each.at)


def _line(sizes: Sizes) -> str:
    return json.dumps(asdict(sizes) | {"at": sizes.at.isoformat()})


def growth_a_day(values: Sequence[tuple[datetime, int]]) -> float | None:
    """Returns the bytes a day by which something grew within the last quarter; None where that is not known."""
    if not values:
        return None
    newest_at, newest = values[-1]
    oldest_at, oldest = next(each for each in values if each[0] >= newest_at - _LOOKED_BACK)
    passed = newest_at - oldest_at
    return (newest - oldest) / (passed / timedelta(days=1)) if passed >= _SHORTEST else None


def forecast(orgs: Iterable[OrgFiles], free: int) -> Forecast:
    """Says when the disk of a data folder will be full.

    Two things are looked at, and the worse counts: how the orgs' files and Dagster's grow, and how the free space
    shrinks, whoever takes it.

    Args:
        orgs: All orgs of the data folder.
        free: What is free now.
    """
    known = [noted for files in orgs if (noted := notes(files))]
    own = [rate for noted in known if (rate := growth_a_day([(each.at, each.org) for each in noted])) is not None]
    everything = sorted((each for noted in known for each in noted), key=lambda each: each.at)
    dagster = growth_a_day([(each.at, each.dagster) for each in everything])
    shrinking = growth_a_day([(each.at, -each.free) for each in everything])
    rates = [sum(own) + (dagster or 0)] if own else []
    rates += [shrinking] if shrinking is not None else []
    return Forecast(free, max(rates, default=None))
