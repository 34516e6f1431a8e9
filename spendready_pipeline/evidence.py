"""Evidence: each snapshot as the org sent it, never rewritten, and the proof that nobody did.

A snapshot's folder has each object's pages, gzipped, byte for byte, and `manifest.json`, which names every page with
its SHA-256 and the hash of the manifest before it: who changes anything has to change every later week as well.
No token and no header is kept.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from spendready_pipeline.files import OrgFiles, snapshot_folder_name

MANIFEST = "manifest.json"
FORMAT = 1
_INCOMING = ".incoming-"


@dataclass
class KeptQuery:
    """A query and the pages that answered it.

    Attributes:
        soql: The query as it was sent.
        pages: The pages in the order in which they came: file (relative to the snapshot's folder), bytes, bytes
            before gzip, SHA-256, and whether the server sent it plain and it was gzipped here.
    """

    soql: str
    pages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Sealed:
    """Evidence that is complete.

    Attributes:
        folder: Its folder's name.
        manifest_sha256: The hash of its manifest.
    """

    folder: str
    manifest_sha256: str


class Incoming:
    """The evidence of a snapshot that is being taken; safe to use from several threads.

    It grows in a hidden folder and becomes evidence by one rename, so that a killed run leaves none behind.
    """

    def __init__(self, files: OrgFiles, snapshot_at: datetime) -> None:
        self._evidence = files.evidence
        self._name = snapshot_folder_name(snapshot_at)
        self._numbering = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._evidence.mkdir(parents=True, exist_ok=True)
        for left_behind in self._evidence.glob(f"{_INCOMING}*"):
            shutil.rmtree(left_behind)
        self.folder = self._evidence / f"{_INCOMING}{self._name}"
        self.folder.mkdir()

    def keep(self, name: str, query: KeptQuery, content: bytes, plain_bytes: int, gzipped_here: bool) -> Path:
        """Writes a page to the disk and notes it under its query.

        Args:
            name: The object.
            query: What the page answers.
            content: The page, gzipped.
            plain_bytes: Its length before.
            gzipped_here: Whether it came plain.
        """
        with self._numbering:
            self._numbers[name] = number = self._numbers.get(name, 0) + 1
        path = self.folder / name / f"{number:05}.json.gz"
        path.parent.mkdir(exist_ok=True)
        _write(path, content)
        page: dict[str, Any] = {
            "file": str(path.relative_to(self.folder)),
            "bytes": len(content),
            "plain_bytes": plain_bytes,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        query.pages.append(page | ({"gzipped_here": True} if gzipped_here else {}))
        return path

    def pages(self, name: str) -> int:
        """Tells how many pages of an object have come so far."""
        return self._numbers.get(name, 0)

    def discard(self, query: KeptQuery) -> None:
        """Removes the pages of a query that has to be asked again."""
        for page in query.pages:
            (self.folder / page["file"]).unlink()
        query.pages.clear()

    def seal(self, about: Mapping[str, Any]) -> Sealed:
        """Completes the evidence; from here on it is never changed.

        Args:
            about: What the manifest says besides its place in the chain.
        """
        before = _newest(self._evidence)
        name = _free_name(self._evidence, self._name)
        manifest = {
            "format": FORMAT,
            "snapshot": name,
            "previous_snapshot": before[0] if before else None,
            "previous_manifest_sha256": before[1] if before else None,
        } | dict(about)
        content = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
        _write(self.folder / MANIFEST, content)
        for folder in (*(each for each in self.folder.iterdir() if each.is_dir()), self.folder):
            _sync_folder(folder)
        self.folder.rename(self._evidence / name)
        _sync_folder(self._evidence)
        return Sealed(name, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Problem:
    """Something about the evidence that is not as it was written.

    Attributes:
        snapshot: The folder concerned.
        file: The file in it; empty where the folder as a whole is concerned.
        what: What is wrong with it.
    """

    snapshot: str
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.snapshot}{f'/{self.file}' if self.file else ''}: {self.what}"


def verify(files: OrgFiles, newest: Sealed | None = None) -> list[Problem]:
    """Compares the evidence with its manifests, and the manifests with one another.

    Args:
        files: The org's files.
        newest: The newest snapshot as something outside the evidence knows it (the warehouse, a printed report): the
            chain alone cannot tell that its end was cut off.

    Returns:
        What was changed, removed, added or exchanged; empty where nothing was.
    """
    manifests: dict[str, tuple[dict[str, Any], str]] = {}
    problems: list[Problem] = []
    for folder in _folders(files.evidence):
        read = _read_manifest(folder)
        if read is None:
            problems.append(Problem(folder.name, MANIFEST, "is missing or cannot be read"))
            continue
        problems += _problems_inside(folder, read[0])
        manifests[str(read[0].get("snapshot"))] = read
    problems += _problems_of_chain(manifests)
    if newest and newest.folder not in manifests:
        problems.append(Problem(newest.folder, "", "was removed"))
    elif newest and manifests[newest.folder][1] != newest.manifest_sha256:
        problems.append(Problem(newest.folder, MANIFEST, "was changed"))
    return problems


def _problems_inside(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Problem]:
    claimed = manifest.get("snapshot")
    if claimed != folder.name:
        yield Problem(folder.name, "", f"holds the evidence of {claimed}")
    expected = {page["file"]: page["sha256"] for page in _pages(manifest)}
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {str(path.relative_to(folder)) for path in files} - {MANIFEST}
    for file in sorted(expected.keys() | found):
        if file not in found:
            yield Problem(folder.name, file, "was removed")
        elif file not in expected:
            yield Problem(folder.name, file, "was added")
        elif _sha256(folder / file) != expected[file]:
            yield Problem(folder.name, file, "was changed")


def _problems_of_chain(manifests: Mapping[str, tuple[dict[str, Any], str]]) -> Iterator[Problem]:
    """Follows each manifest to the one before it, which must be there, unchanged, and before no other."""
    followers: dict[str | None, str] = {}
    for name, (manifest, _) in manifests.items():
        before, its_hash = manifest.get("previous_snapshot"), manifest.get("previous_manifest_sha256")
        if before in followers:
            yield Problem(name, MANIFEST, f"follows {before or 'nothing'}, as {followers[before]} does")
        followers[before] = name
        if before is None:
            continue
        if before not in manifests:
            yield Problem(before, "", f"was removed; {name} follows it")
        elif manifests[before][1] != its_hash:
            yield Problem(before, MANIFEST, f"was changed after {name} was written")


def _newest(evidence: Path) -> tuple[str, str] | None:
    """Finds the end of the chain: the snapshot that none follows, whatever the org's clock said since."""
    read = [each for folder in _folders(evidence) if (each := _read_manifest(folder))]
    manifests = {str(manifest.get("snapshot")): its_hash for manifest, its_hash in read}
    ends = sorted(manifests.keys() - {manifest.get("previous_snapshot") for manifest, _ in read})
    return (ends[-1], manifests[ends[-1]]) if ends else None


def _folders(evidence: Path) -> list[Path]:
    if not evidence.is_dir():
        return []
    return sorted(each for each in evidence.iterdir() if each.is_dir() and not each.name.startswith("."))


def _read_manifest(folder: Path) -> tuple[dict[str, Any], str] | None:
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        list(_pages(manifest))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return manifest, hashlib.sha256(content).hexdigest()


def _pages(manifest: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for each in manifest["objects"]:
        for query in each["queries"]:
            for page in query["pages"]:
                yield {"file": str(page["file"]), "sha256": str(page["sha256"])}


def _free_name(evidence: Path, name: str) -> str:
    """A second snapshot of the same second gets `-2`."""
    number, free = 1, name
    while (evidence / free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
