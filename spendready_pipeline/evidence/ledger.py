"""The ledger `evidence.sha256`: the hash of every manifest, a line each, as sha256sum writes and checks it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import OrgFiles

MANIFEST = "manifest.json"
_LINE = re.compile(rf"([0-9a-f]{{64}})  evidence/([^/\0]+)/{re.escape(MANIFEST)}")


@dataclass(frozen=True)
class Sealed:
    """Evidence that is complete.

    Attributes:
        folder: Its folder's name.
        manifest_sha256: The hash of its manifest.
    """

    folder: str
    manifest_sha256: str


@dataclass(frozen=True)
class Ledger:
    """What the ledger says.

    Attributes:
        entries: The manifests, in its order.
        damage: What is wrong with it, a sentence each, by line number.
    """

    entries: tuple[Sealed, ...]
    damage: dict[int, str]


class LedgerDamagedError(OrgError):
    """The ledger cannot be read as a whole: nothing may be added to it."""


def inspect_ledger(files: OrgFiles) -> Ledger | None:
    """Reads the ledger whatever is in it; None where there is none.

    A file that is cut off, is not UTF-8 or holds other lines is reported in `damage`, line by line.
    """
    try:
        content = files.evidence_ledger.read_bytes()
    except FileNotFoundError:
        return None
    *lines, last = content.decode("utf-8", errors="replace").split("\n")
    entries: list[Sealed] = []
    damage: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if found := _LINE.fullmatch(line):
            entries.append(Sealed(found[2], found[1]))
        else:
            damage[number] = "is not a line that sha256sum writes"
    if last:
        damage[len(lines) + 1] = "is cut off: it does not end with a newline"
    return Ledger(tuple(entries), damage)


def read_ledger(files: OrgFiles) -> list[Sealed] | None:
    """Returns the manifests that the ledger lists, in its order; None where there is no ledger.

    Raises:
        LedgerDamagedError: The ledger is damaged.
    """
    ledger = inspect_ledger(files)
    if ledger is None:
        return None
    if ledger.damage:
        number, what = next(iter(ledger.damage.items()))
        raise LedgerDamagedError(
            f"{files.org}: {files.evidence_ledger} is damaged: line {number} {what}",
            f"Put back a copy of it; spendready verify --org {files.org} names what it still proves",
        )
    return list(ledger.entries)


def ledger_text(entries: Sequence[Sealed]) -> bytes:
    """Returns the ledger's content for these manifests."""
    return "".join(f"{each.manifest_sha256}  {Path('evidence', each.folder, MANIFEST)}\n" for each in entries).encode()
