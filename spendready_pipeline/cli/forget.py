"""`spendready forget`: removes a snapshot that a wrong clock dated."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from spendready_pipeline.cli.shared import Org
from spendready_pipeline.maintenance.forget import forget_snapshot, org_of_snapshot
from spendready_pipeline.settings import org_files


def forget(
    snapshot: Annotated[str, typer.Argument(help="The snapshot: the name of its evidence folder.")],
    org: Org = None,
    reason: Annotated[str, typer.Option(help="The reason, for the record in the evidence.")] = "",
) -> None:
    """Removes a snapshot that a wrong clock dated; its evidence is kept, and the next run repairs the rest."""
    files = org_of_snapshot(org_files(org), snapshot)
    done = forget_snapshot(files, snapshot, datetime.now(UTC), reason)
    print(f"{files.org}: {snapshot} is forgotten: {done.rows:,} rows of its findings and coverage were deleted")
    print(f"{files.org}: its evidence is kept; {done.entry} records that it was forgotten")
    if done.published != "":
        now = f"{done.published} is published again" if done.published else "nothing is published now"
        print(f"{files.org}: {now}; to audit again, run spendready run --org {files.org}")
