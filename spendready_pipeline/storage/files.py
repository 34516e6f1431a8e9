"""Where an org's files are, under `data_dir/<org>/`. Names are a contract with people and scripts."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

_SNAPSHOT_FORMAT = "%Y%m%dT%H%M%SZ"
_SNAPSHOT_FOLDER = re.compile(r"(\d{8}T\d{6}Z)(?:-\d+)?")


@dataclass(frozen=True)
class OrgFiles:
    """The files of one org.

    Attributes:
        root: `data_dir/<org>`.
    """

    root: Path

    @property
    def org(self) -> str:
        """The org's name in `spendready.yml`."""
        return self.root.name

    @property
    def warehouse(self) -> Path:
        """The pipeline's own database; one process at a time may hold it."""
        return self.root / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        """Held by the one run, or command that changes what runs leave, that may work on this org."""
        return self.root / ".lock"

    @property
    def published(self) -> Path:
        """What people query: replaced as a whole, never written in place."""
        return self.root / "published"

    @property
    def weeks(self) -> Path:
        """The published weeks, a folder each."""
        return self.published / ".weeks"

    @property
    def current_week(self) -> Path:
        """A link to the folder of the week that is published; dangling, or none, before the first."""
        return self.published / "current"

    @property
    def findings_database(self) -> Path:
        """The published database."""
        return self.published / "findings.duckdb"

    @property
    def dbt_target(self) -> Path:
        """What dbt compiled and logged in the last run, and what spares it parsing in the next."""
        return self.root / ".dbt"

    @property
    def evidence(self) -> Path:
        """A folder a snapshot, never rewritten."""
        return self.root / "evidence"

    @property
    def loading(self) -> Path:
        """Pages of a snapshot on their way into the warehouse; empty between two runs."""
        return self.root / ".loading"

    @property
    def evidence_ledger(self) -> Path:
        """The hash of every manifest, as sha256sum writes and checks it; beside the evidence, not in it."""
        return self.root / "evidence.sha256"

    @property
    def deliveries(self) -> Path:
        """What was delivered where, so that nobody gets a week twice."""
        return self.root / "deliveries.sqlite"

    @property
    def sizes(self) -> Path:
        """What the org's files took on the disk after each run, a line a run."""
        return self.root / ".sizes.jsonl"

    @property
    def reports(self) -> Path:
        """The PDFs."""
        return self.root / "reports"

    @property
    def report_record(self) -> Path:
        """What the newest PDF shows, so that what is published with it is of the same facts."""
        return self.root / ".report.json"

    def report(self, snapshot_date: date) -> Path:
        """The PDF of the snapshot taken on that UTC date."""
        return self.reports / f"{self.org}-{snapshot_date.isoformat()}.pdf"


def dagster_home(data_dir: Path) -> Path:
    """Where Dagster keeps its runs: DAGSTER_HOME where it is set, else `.dagster` in the data folder."""
    return Path(os.environ.get("DAGSTER_HOME") or data_dir / ".dagster")


def snapshot_folder_name(snapshot_at: datetime) -> str:
    """The name of a snapshot's evidence folder: its moment in UTC, e.g. `20261101T060012Z`."""
    return snapshot_at.astimezone(UTC).strftime(_SNAPSHOT_FORMAT)


def snapshot_moment(folder: str) -> datetime | None:
    """The moment that an evidence folder's name says, UTC; None where it is not the name of a snapshot.

    The counterpart of `snapshot_folder_name`; a second snapshot of the same second has `-2` after it.
    """
    if not (found := _SNAPSHOT_FOLDER.fullmatch(folder)):
        return None
    try:
        return datetime.strptime(found[1], _SNAPSHOT_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def free_path(path: Path) -> Path:
    """The path, or the first with a number (`-2`, `-3`) at which nothing is: what is there is never written over."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def flush(path: Path) -> None:
    """Makes sure that a file, or a folder's list of files, outlives a crash of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that a reader finds the old content or the new one, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_name(f".{path.name}.incoming")
    with incoming.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(path)
