"""The proof that evidence is as it was written: against its manifests, one another, and what lies outside of it.

A manifest has several witnesses: the manifest after it, the ledger, and the published `snapshots`. What one of them
knows and the folder does not have is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from spendready_pipeline.evidence import (
    INCOMING,
    MANIFEST,
    Sealed,
    is_listed,
    pages_of,
    read_ledger,
    read_manifest,
    sha256_of,
    snapshot_folders,
)
from spendready_pipeline.files import OrgFiles

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


def verify(files: OrgFiles) -> list[Problem]:
    """Compares the evidence with its manifests, and the manifests with what is known of them elsewhere.

    Args:
        files: The org's files. The warehouse is not opened, so that no run is in the way.

    Returns:
        What was changed, removed, added or exchanged; empty where nothing was.
    """
    problems: list[Problem] = []
    read: dict[str, tuple[dict[str, Any], str]] = {}
    unreadable: set[str] = set()
    for folder in snapshot_folders(files.evidence):
        if manifest := read_manifest(folder):
            read[folder.name] = manifest
            problems += _problems_inside(folder, manifest[0])
        else:
            unreadable.add(folder.name)
            problems.append(Problem(folder.name, MANIFEST, "is missing or cannot be read"))
    ledger = read_ledger(files)
    witnesses = [*_following(read), *_listing(files, ledger or []), *_publishing(files)]
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
    return problems


def unfinished(files: OrgFiles) -> list[str]:
    """Names the snapshots that a run is taking now or left behind when it was killed: no evidence, and no tampering."""
    return sorted(each.name.removeprefix(INCOMING) for each in files.evidence.glob(f"{INCOMING}*"))


def _problems_inside(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Problem]:
    expected = {page["file"]: page["sha256"] for page in pages_of(manifest)}
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {str(path.relative_to(folder)) for path in paths} - {MANIFEST}
    for file in sorted(expected.keys() | found):
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


def _unlisted(files: OrgFiles, manifests: Manifests, ledger: Sequence[Sealed] | None) -> Iterator[Problem]:
    place = files.evidence_ledger.name
    if ledger is None and manifests:
        yield Problem(place, "", "was removed")
    elif ledger is not None:
        for name in sorted(manifests.keys() - {each.folder for each in ledger}):
            yield Problem(name, "", f"is not listed in {place}")


def _following(manifests: Manifests) -> Iterator[_Witness]:
    for name, (manifest, _) in manifests.items():
        if before := manifest.get("previous_snapshot"):
            sealed = Sealed(str(before), str(manifest.get("previous_manifest_sha256")))
            yield _Witness(sealed, f"was removed; {name} follows it", f"was changed after {name} was written")


def _listing(files: OrgFiles, ledger: Sequence[Sealed]) -> Iterator[_Witness]:
    place = files.evidence_ledger.name
    for sealed in ledger:
        yield _Witness(sealed, f"was removed; {place} lists it", f"is not the one that {place} lists")


def _publishing(files: OrgFiles) -> Iterator[_Witness]:
    """The evidence that people were told of; nothing where nothing was published, or it cannot be read."""
    if not files.findings_database.exists():
        return
    try:
        with duckdb.connect(str(files.findings_database), read_only=True) as published:
            rows = published.execute(
                "select evidence_folder, manifest_sha256 from snapshots where evidence_folder is not null order by all"
            ).fetchall()
    except duckdb.Error:
        return
    place = "the published table snapshots"
    for row in rows:
        yield _Witness(Sealed(*row), f"was removed; {place} has it", f"is not the one that {place} has")
