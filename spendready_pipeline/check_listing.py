"""Prints what a login may read of an org, and what each gap costs in finding types."""

from typing import TextIO

from rich.console import Console
from rich.table import Table

from spendready_pipeline.catalogue import FindingType
from spendready_pipeline.salesforce.check import ObjectCheck, OrgCheck
from spendready_pipeline.text import visible

STATUS = {"read": "read", "own_rows": "own rows only", "hidden": "hidden", "failed": "failed"}


def print_check(found: OrgCheck, finding_types: list[FindingType], out: TextIO) -> None:
    """Prints one org's check.

    Args:
        found: What was found out.
        finding_types: The catalogue, for what each gap costs.
        out: Where to print.
    """
    console = Console(file=out, highlight=False, soft_wrap=not out.isatty())
    reader = visible(found.reader.username) if found.reader.username else "a user whose name it may not read"
    console.print(f"{found.org}: signed in at {found.instance_url} as {reader}, API {found.api_version}", markup=False)
    for warning in found.warnings:
        console.print(f"warning: {warning}", markup=False)
    table = Table(box=None, pad_edge=False)
    for column in ("object", "status", "rows", "costs", "to grant"):
        table.add_column(column, justify="right" if column == "rows" else "left", overflow="fold")
    for each in found.objects:
        rows = "-" if each.rows is None else f"{each.rows:,}"
        table.add_row(each.object, _status(each), rows, _costs(each, finding_types), each.cure)
    console.print(table)
    gaps = sum(each.status != "read" for each in found.objects)
    console.print(f"{gaps} of {len(found.objects)} objects cannot be read whole" if gaps else "Everything can be read")
    if found.calls_left is not None and found.calls_allowed is not None:
        console.print(f"API calls left today: {found.calls_left:,} of {found.calls_allowed:,}")


def _status(each: ObjectCheck) -> str:
    missing = f", without {', '.join(each.missing_fields)}" if each.missing_fields else ""
    return STATUS.get(each.status, each.status) + missing


def _costs(each: ObjectCheck, finding_types: list[FindingType]) -> str:
    if each.status == "read" and not each.missing_fields:
        return ""
    return ", ".join(kind.name for kind in finding_types if any(need.object == each.object for need in kind.requires))
