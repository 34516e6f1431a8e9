"""`spendready check`: what a login may read of an org, which finding types each gap affects, what to grant."""

import sys
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, TextIO

import typer

from spendready_pipeline.catalog.finding_types import FindingType, Requirement, load_finding_types
from spendready_pipeline.cli.questions import print_answers
from spendready_pipeline.cli.shared import Org, print_error, selected_orgs, warn_of_exposed_files
from spendready_pipeline.errors import OrgError
from spendready_pipeline.orchestration.manifest import manifest_path
from spendready_pipeline.salesforce.access_check import ObjectCheck, OrgCheck, check_org
from spendready_pipeline.salesforce.questions import ask_org
from spendready_pipeline.settings import load_settings
from spendready_pipeline.text import counted, visible

WIDTH = 80
STATUS = {
    "read": "read",
    "short": "not all rows",
    "own_rows": "own rows only",
    "hidden": "hidden",
    "failed": "failed",
}
COLUMNS = ("object", "status", "rows", "missing permission")


def check(
    org: Org = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Also test the assumptions that only this org can confirm, and explain them.")
    ] = False,
) -> None:
    """Signs in and prints what this login may read, and which checks each gap affects; writes nothing."""
    settings = load_settings(org=org)
    warn_of_exposed_files(settings)
    finding_types = load_finding_types(manifest_path())
    failed = False
    for each in selected_orgs(settings, org):
        try:
            found = check_org(each)
            print_check(found, finding_types, sys.stdout)
            for error in found.stops_audit:
                failed = True
                print_error(error)
            if ask:
                print()
                print_answers(each.name, ask_org(each), sys.stdout)
        except OrgError as error:
            failed = True
            print_error(error)
    raise typer.Exit(1 if failed else 0)


def print_check(found: OrgCheck, finding_types: list[FindingType], out: TextIO) -> None:
    """Prints the check of one org.

    Args:
        found: The result of the check.
        finding_types: The catalog, for what each gap affects.
        out: Where to print.
    """
    reader = visible(found.reader.username) if found.reader.username else "a user whose name this login may not read"
    print(f"{found.org}: signed in at {found.instance_url} as {reader}, API {found.api_version}", file=out)
    for warning in found.warnings:
        print(f"warning: {warning}", file=out)
    missing = {each.object: _missing(each, finding_types) for each in found.objects}
    _print_table([_row(each, missing[each.object]) for each in found.objects], out)
    gaps = [each for each in found.objects if each.status != "read" or missing[each.object]]
    print(
        f"{len(gaps)} of {len(found.objects)} objects cannot be read in full" if gaps else "Everything can be read",
        file=out,
    )
    costs = {each.object: _costs(each, finding_types) for each in gaps}
    _print_grouped("Reasons", {each.object: _reason(each, missing[each.object]) for each in gaps}, out)
    _print_grouped("Checks that see less", {name: _named(types, finding_types) for name, types in costs.items()}, out)
    if grants := _grants(gaps, costs):
        print("Grant " + "; ".join(_opens(*each) for each in grants), file=out)
    if found.calls_left is not None and found.calls_allowed is not None:
        print(f"API calls left today: {found.calls_left:,} of {found.calls_allowed:,}", file=out)


def _print_table(rows: Sequence[tuple[str, ...]], out: TextIO) -> None:
    """Prints a line for each object; no line is folded, so that the output can be searched."""
    lines = [COLUMNS, *rows]
    name, status, number, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
    for each in lines:
        print(f"{each[0]:<{name}}  {each[1]:<{status}}  {each[2]:>{number}}  {each[3]}".rstrip(), file=out)


def _row(each: ObjectCheck, missing: Sequence[str]) -> tuple[str, ...]:
    status = "not all fields" if each.status == "read" and missing else STATUS.get(each.status, each.status)
    return each.object, status, "-" if each.rows is None else f"{each.rows:,}", each.remediation


def _print_grouped(title: str, texts: Mapping[str, str], out: TextIO) -> None:
    """Prints texts about objects; objects with the same text share a line."""
    objects: dict[str, list[str]] = defaultdict(list)
    for name, text in texts.items():
        if text:
            objects[text].append(name)
    if objects:
        print(f"{title}:", file=out)
    for text, names in objects.items():
        print(
            textwrap.fill(
                f"{', '.join(names)}: {text}",
                WIDTH,
                initial_indent="  ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            ),
            file=out,
        )


def _reason(each: ObjectCheck, missing: Sequence[str]) -> str:
    """Returns why an object is not read in full, unless the missing permission explains it."""
    reasons = [each.reason] if each.reason and not each.remediation else []
    return "; ".join([*reasons, f"read without {', '.join(missing)}"] if missing else reasons)


def _named(types: Sequence[str], finding_types: Sequence[FindingType]) -> str:
    if types and len(types) == len(finding_types):
        return f"all {len(types)}"
    return ", ".join(types)


def _grants(gaps: list[ObjectCheck], costs: dict[str, list[str]]) -> list[tuple[str, int]]:
    """Returns the permissions to grant with the number of finding types that see more; the most useful first."""
    opened: dict[str, set[str]] = defaultdict(set)
    for each in gaps:
        if each.remediation:
            opened[each.remediation].update(costs[each.object])
    numbers = {permission: len(types) for permission, types in opened.items() if types}
    return sorted(numbers.items(), key=lambda each: (-each[1], each[0]))


def _opens(permission: str, checks: int) -> str:
    return f"{permission}: {counted(checks, 'more check')}"


def _missing(each: ObjectCheck, finding_types: list[FindingType]) -> list[str]:
    """Returns the fields that a finding type uses and this org does not show."""
    used = {name for kind in finding_types for need in _needs(kind, each) for name in need.fields}
    return [name for name in each.missing_fields if name in used]


def _costs(each: ObjectCheck, finding_types: list[FindingType]) -> list[str]:
    """Returns the finding types that see less: all of them where no audit is possible without the object."""
    if each.stops_audit:
        return [kind.name for kind in finding_types]
    return [kind.name for kind in finding_types if any(_is_gap(need, each) for need in _needs(kind, each))]


def _needs(kind: FindingType, each: ObjectCheck) -> list[Requirement]:
    return [need for need in (*kind.requires, *kind.signals) if need.object == each.object]


def _is_gap(need: Requirement, each: ObjectCheck) -> bool:
    """Whether a requirement is not fully met; the model int_coverage_gaps decides the same for a run."""
    if each.status == "read":
        return not set(need.fields).isdisjoint(each.missing_fields)
    return each.status != "short" or need.short != "evaluated"
