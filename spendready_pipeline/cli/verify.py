"""`spendready verify`: whether the evidence is unchanged."""

import sys
from typing import TextIO

import typer

from spendready_pipeline.cli.shared import Org
from spendready_pipeline.evidence.verify import examine, unfinished
from spendready_pipeline.settings import org_files
from spendready_pipeline.storage.files import OrgFiles


def verify(org: Org = None) -> None:
    """Proves that no evidence was changed since it was written, or names what was."""
    verified = [print_verification(files, sys.stdout, sys.stderr) for files in org_files(org)]
    raise typer.Exit(0 if all(verified) else 1)


def print_verification(files: OrgFiles, output: TextIO, notes: TextIO) -> bool:
    """Prints the verification of an org's evidence; returns whether it found no problem.

    Args:
        files: The files of the org.
        output: Gets the problems, or the verdict.
        notes: Gets what concerns a run in progress.
    """
    found = examine(files)
    for problem in found.problems:
        print(f"{files.org}: {problem}", file=output)
    for note in found.notes:
        print(f"{files.org}: {note}", file=output)
    for name in unfinished(files):
        print(
            f"{files.org}: {name} is incomplete: its run is still reading, or was stopped; it is not evidence yet",
            file=notes,
        )
    if found.problems:
        return False
    if not found.with_pages + found.manifest_only:
        # A mistyped data_dir, or one that was emptied, must not pass as verified.
        print(f"{files.org}: no evidence found under {files.root}, so nothing is verified", file=output)
        return False
    counts = f"{found.with_pages:,} with pages"
    if found.manifest_only:
        counts += f", {found.manifest_only:,} with manifest only (pages pruned)"
    print(f"{files.org}: all evidence is unchanged since it was written; snapshots: {counts}", file=output)
    return True
