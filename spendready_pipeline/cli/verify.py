"""What `spendready verify` prints of an org."""

from typing import TextIO

from spendready_pipeline.evidence.verify import examine, unfinished
from spendready_pipeline.storage.files import OrgFiles


def print_verification(files: OrgFiles, output: TextIO, notes: TextIO) -> bool:
    """Prints what the evidence of an org proves, and tells whether nothing is wrong with it.

    Args:
        files: The org's.
        output: Takes the problems, or the verdict.
        notes: Takes what concerns a run that is under way.
    """
    found = examine(files)
    for problem in found.problems:
        print(f"{files.org}: {problem}", file=output)
    for note in found.notes:
        print(f"{files.org}: {note}", file=output)
    for name in unfinished(files):
        print(
            f"{files.org}: {name} is unfinished, by a run that is taking it or was stopped: no evidence yet", file=notes
        )
    if found.problems:
        return False
    if not found.with_pages + found.manifest_only:
        # A data_dir that is mistyped, or was emptied whole: it must not pass for a proof.
        print(f"{files.org}: there is no evidence under {files.root}, so nothing is proved", file=output)
        return False
    counts = f"{found.with_pages:,} with their pages"
    if found.manifest_only:
        counts += f", {found.manifest_only:,} with their manifest alone (pages pruned)"
    print(f"{files.org}: every piece of evidence is as it was written; snapshots: {counts}", file=output)
    return True
