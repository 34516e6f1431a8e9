"""The proof that evidence is as it was written: against its manifests, one another, and what lies outside of it.

A manifest has several witnesses: the manifest after it, the ledger, and the tables `snapshots` of the published
database and of the warehouse. What one of them knows and the folder does not have is named, and so is a witness that
cannot be asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from spendready_pipeline.evidence.archive import (
    INCOMING,
    MIN_EVIDENCE_DAYS,
    forgotten_snapshots,
    is_listed,
    pages_of,
    pruned_snapshots,
    read_manifest,
    sha256_of,
    snapshot_folders,
)
from spendready_pipeline.evidence.ledger import MANIFEST, Ledger, Sealed, inspect_ledger
from spendready_pipeline.storage.files import OrgFiles, snapshot_moment
from spendready_pipeline.storage.warehouse import connect_locked

Manifests = Mapping[str, tuple[dict[str, Any], str]]


@dataclass(frozen=True)
class Problem:
    """Something about the evidence that is not as it was written.

    Attributes:
        snapshot: The folder concerned, or the ledger.
        file: The file in it; empty where the folder as a whole is concerned.
        what: What is wrong with it.
    """

    snapshot: str
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.snapshot}{f'/{self.file}' if self.file else ''}: {self.what}"


@dataclass(frozen=True)
class Verification:
    """What the evidence of an org proves.

    Attributes:
        problems: What was changed, removed, added or exchanged, and witnesses that could not be asked.
        notes: What a reader should know besides: nothing of it is tampering.
        with_pages: How many snapshots have all their pages.
        manifest_only: How many have their manifest alone, because their pages were pruned.
    """

    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    with_pages: int = 0
    manifest_only: int = 0


def examine(files: OrgFiles, local_now: datetime | None = None) -> Verification:
    """Compares the evidence with its manifests, and the manifests with what is known of them elsewhere.

    Args:
        files: The org's files. The warehouse is asked unless a run holds it.
        local_now: This machine's clock, by which pages may have been pruned; None: its present moment.
    """
    problems: list[Problem] = []
    read: dict[str, tuple[dict[str, Any], str]] = {}
    unreadable: set[str] = set()
    pruned = _rightly_pruned(files, local_now or datetime.now(UTC))
    for folder in snapshot_folders(files.evidence):
        if manifest := read_manifest(folder):
            read[folder.name] = manifest
            problems += problems_inside(folder, manifest[0], pages_may_be_gone=folder.name in pruned)
        else:
            unreadable.add(folder.name)
            problems.append(Problem(folder.name, MANIFEST, "is missing or cannot be read"))
    ledger = inspect_ledger(files)
    outside = _Outside.ask(files)
    witnesses = [*_following(read), *_listing(files, ledger), *outside.witnesses]
    # What a folder holds is known by its hash: exchanged weeks are where they are not said to be, none is gone.
    names = {each.sealed.manifest_sha256: each.sealed.folder for each in witnesses}
    manifests = {names.get(each[1], folder): each for folder, each in read.items()}
    problems += (
        Problem(folder, "", f"holds the evidence of {names[each[1]]}")
        for folder, each in read.items()
        if names.get(each[1], folder) != folder
    )
    problems += (Problem(path.name, "", "was added") for path in _strangers(files.evidence))
    problems += _forks(manifests)
    problems += _contradictions(files, manifests, witnesses, unreadable)
    problems += _unlisted(files, manifests, ledger)
    problems += outside.problems
    snapshots = {name for name in read if snapshot_moment(name)}
    return Verification(
        tuple(problems),
        (*_forgotten(files), *outside.notes),
        with_pages=len(snapshots - pruned),
        manifest_only=len(snapshots & pruned),
    )


def verify(files: OrgFiles) -> list[Problem]:
    """Returns the problems alone; empty where the evidence is as it was written and every witness agrees."""
    return list(examine(files).problems)


def _rightly_pruned(files: OrgFiles, local_now: datetime) -> set[str]:
    """Returns the snapshots that were pruned and are old enough: no entry excuses missing pages of younger ones."""
    youngest = local_now - timedelta(days=MIN_EVIDENCE_DAYS)
    return {name for name in pruned_snapshots(files) if (moment := snapshot_moment(name)) and moment <= youngest}


def _forgotten(files: OrgFiles) -> Iterator[str]:
    for name, entry in sorted(forgotten_snapshots(files).items()):
        yield f"{name} was taken back (entry {entry}): its findings do not count, its evidence is kept"


def unfinished(files: OrgFiles) -> list[str]:
    """Names the snapshots that a run is taking now or left behind when it was killed: no evidence, and no tampering."""
    return sorted(each.name.removeprefix(INCOMING) for each in files.evidence.glob(f"{INCOMING}*"))


def problems_inside(folder: Path, manifest: Mapping[str, Any], pages_may_be_gone: bool = False) -> Iterator[Problem]:
    """Compares a snapshot's files with its manifest."""
    expected = {page["file"]: page["sha256"] for page in pages_of(manifest)}
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {str(path.relative_to(folder)) for path in paths} - {MANIFEST}
    for file in sorted(expected.keys() | found):
        if file not in found and pages_may_be_gone:
            continue
        if file not in found:
            yield Problem(folder.name, file, "was removed")
        elif file not in expected:
            yield Problem(folder.name, file, "was added")
        elif (folder / file).is_symlink() or sha256_of(folder / file) != expected[file]:
            # A link's target lies outside of what is kept here, or nowhere.
            yield Problem(folder.name, file, "was changed")


def _strangers(evidence: Path) -> list[Path]:
    return sorted(each for each in evidence.iterdir() if not each.is_dir()) if evidence.is_dir() else []


def _forks(manifests: Manifests) -> Iterator[Problem]:
    """Each manifest follows another one, and no two the same."""
    followers: dict[str, str] = {}
    for name, (manifest, _) in manifests.items():
        before = str(manifest.get("previous_snapshot") or "")
        if before in followers:
            yield Problem(name, MANIFEST, f"follows {before or 'nothing'}, as {followers[before]} does")
        followers[before] = name


@dataclass(frozen=True)
class _Witness:
    """Something that knows a manifest's hash, and how it says that the folder is gone or the hash another."""

    sealed: Sealed
    removed: str
    changed: str


def _contradictions(
    files: OrgFiles, manifests: Manifests, witnesses: Sequence[_Witness], unreadable: set[str]
) -> Iterator[Problem]:
    """What witnesses say and the folders do not: each snapshot is named once, however many witnesses it has."""
    hidden = (each for each in files.evidence.glob(f"{INCOMING}*") if is_listed(files, each))
    named = unreadable | {each.name.removeprefix(INCOMING) for each in hidden}
    for witness in witnesses:
        name = witness.sealed.folder
        if name not in manifests and name not in named:
            named.add(name)
            yield Problem(name, "", witness.removed)
        elif name not in named and manifests[name][1] != witness.sealed.manifest_sha256:
            named.add(name)
            yield Problem(name, MANIFEST, witness.changed)


def _unlisted(files: OrgFiles, manifests: Manifests, ledger: Ledger | None) -> Iterator[Problem]:
    place = files.evidence_ledger.name
    if ledger is None and manifests:
        yield Problem(place, "", "was removed")
    elif ledger is not None:
        for number, what in ledger.damage.items():
            yield Problem(place, f"line {number}", what)
        for name in sorted(manifests.keys() - {each.folder for each in ledger.entries}):
            yield Problem(name, "", f"is not listed in {place}")
        for name, times in Counter(each.folder for each in ledger.entries).items():
            if times > 1:
                yield Problem(place, "", f"lists {name} {times} times")


def _following(manifests: Manifests) -> Iterator[_Witness]:
    for name, (manifest, _) in manifests.items():
        if before := manifest.get("previous_snapshot"):
            sealed = Sealed(str(before), str(manifest.get("previous_manifest_sha256")))
            yield _Witness(sealed, f"was removed; {name} follows it", f"was changed after {name} was written")


def _listing(files: OrgFiles, ledger: Ledger | None) -> Iterator[_Witness]:
    place = files.evidence_ledger.name
    for sealed in ledger.entries if ledger else ():
        yield _Witness(sealed, f"was removed; {place} lists it", f"is not the one that {place} lists")


@dataclass
class _Outside:
    """What databases know of the evidence.

    Attributes:
        witnesses: The manifests that they have.
        problems: Those that should be there and cannot be read: who removed evidence may have removed them as well.
        notes: Those that could not be asked now, without anything being wrong.
    """

    witnesses: list[_Witness] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def ask(cls, files: OrgFiles) -> "_Outside":
        """Asks the published database and the warehouse."""
        outside = cls()
        was_published = files.weeks.is_dir() and any(files.weeks.iterdir())
        was_built = False
        if files.warehouse.exists():
            was_built = outside._ask(files, files.warehouse, "marts.snapshots", "the warehouse's table snapshots")
        elif was_published:
            outside._could_not_ask(files, files.warehouse, "it is missing")
        if files.findings_database.exists():
            outside._ask(files, files.findings_database, "main.snapshots", "the published table snapshots")
        elif was_published or was_built:
            outside._could_not_ask(files, files.findings_database, "it is missing")
        return outside

    def _ask(self, files: OrgFiles, database: Path, table: str, place: str) -> bool:
        """Asks one database; tells whether it knows any snapshot."""
        try:
            with connect_locked(database, read_only=True) as connection:
                rows = connection.execute(
                    f"select evidence_folder, manifest_sha256 from {table} "  # noqa: S608 - names of ours
                    "where evidence_folder is not null order by all"
                ).fetchall()
        except duckdb.CatalogException:
            if database == files.findings_database:
                self._could_not_ask(files, database, "it has no table snapshots")
            return False  # a warehouse in which no week was built yet
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                self.notes.append(f"{database.name} is held by a run, so its snapshots were not compared")
            else:
                self._could_not_ask(files, database, "it is damaged")
            return False
        for row in rows:
            self.witnesses.append(
                _Witness(Sealed(*row), f"was removed; {place} has it", f"is not the one that {place} has")
            )
        return bool(rows)

    def _could_not_ask(self, files: OrgFiles, database: Path, why: str) -> None:
        name = str(database.relative_to(files.root))
        self.problems.append(Problem(name, "", f"{why}, so the evidence could not be compared with its snapshots"))
