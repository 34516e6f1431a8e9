"""Evidence: each snapshot as the org sent it, never rewritten, and the proof that nobody did.

A snapshot's folder has each object's pages, gzipped, byte for byte, and `manifest.json`, which names every page with
its SHA-256 and the hash of the manifest before it: who changes anything has to change every later week as well.
Beside the folders, `evidence.sha256` lists every manifest, as sha256sum writes and checks it, so that the newest
week is missed, too. No token and no header is kept.
"""

import hashlib
import json
import os
import shutil
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from spendready_pipeline.evidence.ledger import MANIFEST, Sealed, inspect_ledger, ledger_text, read_ledger
from spendready_pipeline.storage.files import OrgFiles, flush, snapshot_folder_name, snapshot_moment, write_atomically

FORMAT = 1
INCOMING = ".incoming-"
_CONCURRENT_FLUSHES = 8
MIN_EVIDENCE_DAYS = 366
"""A year and a day, the least for which pages are kept: PCI DSS v4.0, 10.5.1, asks for twelve months of audit history,
and a SOC 2 type 2 report usually covers twelve months."""
FORGET, PRUNE = "-forget", "-prune"
"""What the folder names of entries end with that hold no pages: a snapshot was taken back, pages were deleted."""


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


class Incoming:
    """The evidence of a snapshot that is being taken; safe to use from several threads.

    It grows in a hidden folder, is then listed, and becomes evidence by one rename: what a killed run leaves behind
    is either listed, and takes its place when the next run begins, or is none.

    Args:
        files: The org's files.
        snapshot_at: The moment that the folder is named after.
        kind: What follows in the name; of a snapshot nothing, of an entry about other snapshots `FORGET` or `PRUNE`.
    """

    def __init__(self, files: OrgFiles, snapshot_at: datetime, kind: str = "") -> None:
        self._files = files
        self._evidence = files.evidence
        self._name = snapshot_folder_name(snapshot_at) + kind
        self._numbering = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._unflushed: set[str] = set()
        self._evidence.mkdir(parents=True, exist_ok=True)
        for left_behind in self._evidence.glob(f"{INCOMING}*"):
            if is_listed(files, left_behind):
                self._put_in_place(left_behind)
            else:
                shutil.rmtree(left_behind)
        self.folder = self._evidence / f"{INCOMING}{self._name}"
        self.folder.mkdir()

    def keep(self, name: str, query: KeptQuery, content: bytes, plain_bytes: int, gzipped_here: bool) -> Path:
        """Writes a page and notes it under its query.

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
        path.write_bytes(content)  # `flush`, at the latest by `seal`, sees to it that it outlives a crash
        self._unflushed.add(name)
        page: dict[str, Any] = {
            "file": str(path.relative_to(self.folder)),
            "bytes": len(content),
            "plain_bytes": plain_bytes,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        query.pages.append(page | ({"gzipped_here": True} if gzipped_here else {}))
        return path

    def pages(self, name: str) -> int:
        """Returns how many pages of an object have come so far."""
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
        for unflushed in sorted(self._unflushed):
            self.flush(unflushed)
        _write(self.folder / MANIFEST, content)
        flush(self.folder)
        sealed = Sealed(name, hashlib.sha256(content).hexdigest())
        write_atomically(self._files.evidence_ledger, ledger_text([*(read_ledger(self._files) or ()), sealed]))
        flush(self._files.root)
        self._put_in_place(self.folder)
        return sealed

    def flush(self, name: str) -> None:
        """Makes sure that an object's pages outlive a crash: first the files, then the folder that lists them.

        Together this takes a fraction of the time that the disk needs for one page after the other.

        Args:
            name: The object, of which no more pages come.
        """
        folder = self.folder / name
        if not folder.is_dir():
            return
        with ThreadPoolExecutor(_CONCURRENT_FLUSHES) as pool:
            deque(pool.map(flush, folder.iterdir()), maxlen=0)
        flush(folder)
        self._unflushed.discard(name)

    def _put_in_place(self, folder: Path) -> None:
        folder.rename(self._evidence / json.loads((folder / MANIFEST).read_bytes())["snapshot"])
        flush(self._evidence)


def is_listed(files: OrgFiles, folder: Path) -> bool:
    """Returns whether a folder's manifest is in the ledger as it is, under whatever name the folder stands."""
    read = read_manifest(folder)
    ledger = inspect_ledger(files)
    return bool(read and ledger and Sealed(str(read[0].get("snapshot")), read[1]) in ledger.entries)


def _newest(evidence: Path) -> tuple[str, str] | None:
    """Finds the end of the chain: the snapshot that none follows, whatever the org's clock said since."""
    read = [each for folder in snapshot_folders(evidence) if (each := read_manifest(folder))]
    manifests = {str(manifest.get("snapshot")): its_hash for manifest, its_hash in read}
    ends = sorted(manifests.keys() - {manifest.get("previous_snapshot") for manifest, _ in read})
    return (ends[-1], manifests[ends[-1]]) if ends else None


def snapshot_folders(evidence: Path) -> list[Path]:
    """Returns the folders that stand for snapshots, the oldest first."""
    if not evidence.is_dir():
        return []
    return sorted(each for each in evidence.iterdir() if each.is_dir() and not each.name.startswith(INCOMING))


def newest_snapshot(files: OrgFiles) -> str | None:
    """Returns the folder name of the newest snapshot that counts, by the ledger; None where there is none.

    Raises:
        LedgerDamagedError: The ledger is damaged.
    """
    forgotten = forgotten_snapshots(files)
    names = [each.folder for each in read_ledger(files) or () if each.folder not in forgotten]
    dated = [(moment, name) for name in names if (moment := snapshot_moment(name))]
    return max(dated)[1] if dated else None


def forgotten_snapshots(files: OrgFiles) -> dict[str, str]:
    """Returns the snapshots that were taken back, each with the entry that says so."""
    return {name: entry for entry, names in _entries(files, FORGET) for name in names}


def pruned_snapshots(files: OrgFiles) -> dict[str, str]:
    """Returns the snapshots whose pages were deleted when their time was over, each with the entry that says so."""
    return {name: entry for entry, names in _entries(files, PRUNE) for name in names}


def _entries(files: OrgFiles, kind: str) -> Iterator[tuple[str, list[str]]]:
    """Returns the entries of a kind that the ledger lists, and the snapshots that they are about."""
    for folder in snapshot_folders(files.evidence):
        if kind in folder.name and is_listed(files, folder) and (read := read_manifest(folder)):
            yield folder.name, [str(each) for each in read[0].get("about") or ()]


def read_manifest(folder: Path) -> tuple[dict[str, Any], str] | None:
    """Returns a snapshot's manifest and its hash; None where it is none."""
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        list(pages_of(manifest))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return manifest, hashlib.sha256(content).hexdigest()


def pages_of(manifest: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Returns the file and the hash of each page that a manifest names."""
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


def sha256_of(path: Path) -> str:
    """Hashes a file, in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
