"""Prints what a login may read of an org, what each gap costs in finding types, and which permissions to grant."""

from collections import defaultdict
from typing import TextIO

from rich.console import Console
from rich.table import Table

from spendready_pipeline.catalogue import FindingType, Requirement
from spendready_pipeline.salesforce.check import ObjectCheck, OrgCheck
from spendready_pipeline.text import visible

STATUS = {
    "read": "read",
    "short": "not all rows",
    "own_rows": "own rows only",
    "hidden": "hidden",
    "failed": "failed",
}


def print_check(found: OrgCheck, finding_types: list[FindingType], out: TextIO) -> None:
    """Prints one org's check.

    Args:
        found: What was found out.
        finding_types: The catalogue, for what each gap costs.
        out: Where to print.
    """
    console = Console(file=out, highlight=False, markup=False, soft_wrap=not out.isatty())
    reader = visible(found.reader.username) if found.reader.username else "a user whose name it may not read"
    console.print(f"{found.org}: signed in at {found.instance_url} as {reader}, API {found.api_version}")
    for warning in found.warnings:
        console.print(f"warning: {warning}")
    table = Table(box=None, pad_edge=False)
    for column in ("object", "status", "rows", "costs", "to grant"):
        table.add_column(column, justify="right" if column == "rows" else "left", overflow="fold")
    costs = {each.object: _costs(each, finding_types) for each in found.objects}
    for each in found.objects:
        rows = "-" if each.rows is None else f"{each.rows:,}"
        table.add_row(each.object, _status(each, finding_types), rows, ", ".join(costs[each.object]), each.cure)
    console.print(table)
    gaps = [each for each in found.objects if each.status != "read"]
    console.print(
        f"{len(gaps)} of {len(found.objects)} objects cannot be read whole" if gaps else "Everything can be read"
    )
    if grants := _grants(gaps, costs):
        console.print("Grant " + "; ".join(_opens(*each) for each in grants))
    if found.calls_left is not None and found.calls_allowed is not None:
        console.print(f"API calls left today: {found.calls_left:,} of {found.calls_allowed:,}")


def _grants(gaps: list[ObjectCheck], costs: dict[str, list[str]]) -> list[tuple[str, int]]:
    """The permissions to grant, each with how many finding types see more by it; those that open the most first."""
    opened: dict[str, set[str]] = defaultdict(set)
    for each in gaps:
        if each.cure:
            opened[each.cure].update(costs[each.object])
    numbers = {permission: len(types) for permission, types in opened.items() if types}
    return sorted(numbers.items(), key=lambda each: (-each[1], each[0]))


def _opens(permission: str, checks: int) -> str:
    return f"{permission}: {checks} more {'check' if checks == 1 else 'checks'}"


def _status(each: ObjectCheck, finding_types: list[FindingType]) -> str:
    used = {name for kind in finding_types for need in _needs(kind, each) for name in need.fields}
    missing = [name for name in each.missing_fields if name in used]
    return STATUS.get(each.status, each.status) + (f", without {', '.join(missing)}" if missing else "")


def _costs(each: ObjectCheck, finding_types: list[FindingType]) -> list[str]:
    """The finding types that see less: all of them where no audit is possible without the object."""
    if each.stops_audit:
        return [kind.name for kind in finding_types]
    return [kind.name for kind in finding_types if any(_is_gap(need, each) for need in _needs(kind, each))]


def _needs(kind: FindingType, each: ObjectCheck) -> list[Requirement]:
    return [need for need in (*kind.requires, *kind.signals) if need.object == each.object]


def _is_gap(need: Requirement, each: ObjectCheck) -> bool:
    """Whether what was found costs a requirement something; the model int_coverage_gaps says the same of a run."""
    if each.status == "read":
        return not set(need.fields).isdisjoint(each.missing_fields)
    return each.status != "short" or need.short != "evaluated"
