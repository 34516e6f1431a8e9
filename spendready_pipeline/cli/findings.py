"""`spendready findings`: the published findings, for a person at a terminal or for another program."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, TextIO

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spendready_pipeline.catalog.labels import SEVERITIES, severity_rank
from spendready_pipeline.cli.shared import Org
from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.review.facts import STATUSES
from spendready_pipeline.settings import org_files
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.safe_csv import write_csv
from spendready_pipeline.storage.warehouse import open_warehouse
from spendready_pipeline.text import visible

Format = Literal["table", "csv", "json"]
_COLORS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue"}
_READABLE = 40
"""The minimum width of the summary column."""
_DISPENSABLE = ("annual_cost", "first_seen", "finding_type", "status")
"""Columns left out on a narrow terminal, in this order."""
_ROWS_AT_ONCE = 500
"""Rows per table, so that the first ones appear at once."""

_FINDINGS = f"""
    from findings
    where ($1 is null or finding_type = $1) and ($2 is null or severity = $2) and ($3 is null or status = $3)
    order by
        list_position(['new', 'open', 'waived', 'resolved'], status) > 2,
        {severity_rank()}, finding_type, summary, finding_id
"""


class Output(StrEnum):
    """The formats of the output."""

    table = "table"
    csv = "csv"
    json = "json"


def findings(
    org: Org = None,
    finding_type: Annotated[str | None, typer.Option("--type", help="One finding type.")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, high, medium or low.")] = None,
    status: Annotated[str | None, typer.Option(help="new, open, waived or resolved.")] = None,
    output: Annotated[Output, typer.Option("--format", help="The output format.")] = Output.table,
) -> None:
    """Prints the findings of the last published week."""
    print_findings(read_findings(org_files(org), finding_type, severity, status), output.value, sys.stdout, sys.stderr)


@dataclass(frozen=True)
class Listing:
    """Published findings.

    Attributes:
        columns: The columns of the table `findings`.
        rows: One row a finding; those to act on first, the most severe first.
        not_evaluated: Org and finding type of what could not be evaluated: no findings there prove nothing.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    not_evaluated: list[tuple[str, str]]


def read_findings(
    orgs: Sequence[OrgFiles], finding_type: str | None = None, severity: str | None = None, status: str | None = None
) -> Listing:
    """Reads the published findings of the orgs; a filter that is None does not apply.

    Raises:
        OrgError: An org has nothing published, or its database cannot be opened.
        ConfigurationError: The finding type, severity or status is unknown.
    """
    _check("severity", severity, SEVERITIES)
    _check("status", status, STATUSES)
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    not_evaluated: list[tuple[str, str]] = []
    for files in orgs:
        if not files.findings_database.exists():
            raise OrgError(f"{files.org}: no findings are published yet", f"Run spendready run --org {files.org}")
        with open_warehouse(files.findings_database, read_only=True) as published:
            coverage = dict(published.execute("select finding_type, status from coverage").fetchall())
            _check("finding type", finding_type, sorted(coverage))
            result = published.execute(_FINDINGS, [finding_type, severity, status])
            columns = tuple(column[0] for column in result.description or [])
            rows += result.fetchall()
        listed = [finding_type] if finding_type else sorted(coverage)
        not_evaluated += [(files.org, name) for name in listed if coverage[name] == "not_evaluated"]
    return Listing(columns, rows, not_evaluated)


def print_findings(listing: Listing, output: Format, out: TextIO, err: TextIO) -> None:
    """Prints the findings to `out`, and their number and what could not be evaluated to `err`.

    A table fits the terminal; in a pipe each finding is one line, however long. The reader may close the pipe early
    (`| head`).
    """
    try:
        if output == "json":
            _print_json(listing, out)
        elif output == "csv":
            write_csv(out, listing.columns, listing.rows)
        else:
            _print_table(listing, out)
            _print_summary(listing, err)
        out.flush()
    except BrokenPipeError:
        # Python would complain again when it closes standard output.
        if out is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _check(what: str, given: str | None, allowed: Sequence[str]) -> None:
    if given is not None and given not in allowed:
        raise ConfigurationError(f"unknown {what} {visible(given)!r}", f"Allowed: {', '.join(allowed)}")


def _print_json(listing: Listing, out: TextIO) -> None:
    rows = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]
    for row in rows:
        row["evidence"] = json.loads(row["evidence"] or "{}")
    # Escaped to ASCII, so that no name can control the terminal.
    out.write(json.dumps(rows, indent=2, default=_plain) + "\n")


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return float(value) if isinstance(value, Decimal) else str(value)


def _print_table(listing: Listing, out: TextIO) -> None:
    if not listing.rows:
        return
    several = len({row[listing.columns.index("org")] for row in listing.rows}) > 1
    names = [
        *(("org",) if several else ()),
        "severity",
        "status",
        "finding_type",
        "summary",
        "first_seen",
        "annual_cost",
    ]
    places = {name: listing.columns.index(name) for name in names}
    widths = {
        name: max(len(_header(name)), *(cell_len(_cell(row[place])) for row in listing.rows))
        for name, place in places.items()
    }
    if out.isatty():
        _print_to_terminal(listing, out, places, widths)
        return
    out.write(_line(names, map(_header, names), widths))
    for row in listing.rows:
        out.write(_line(names, (_cell(row[places[name]]) for name in names), widths))


def _line(names: Iterable[str], cells: Iterable[str], widths: Mapping[str, int]) -> str:
    padded = []
    for name, cell in zip(names, cells, strict=True):
        blanks = " " * (widths[name] - cell_len(cell))
        padded.append(blanks + cell if name == "annual_cost" else cell + blanks)
    return "  ".join(padded).rstrip() + "\n"


def _print_to_terminal(listing: Listing, out: TextIO, places: Mapping[str, int], widths: Mapping[str, int]) -> None:
    console = Console(file=out, highlight=False)
    names = list(places)
    for dispensable in _DISPENSABLE:
        # The summary repeats the other columns, so they give way to it.
        if console.width - sum(widths[name] + 2 for name in names if name != "summary") < min(
            _READABLE, widths["summary"]
        ):
            names.remove(dispensable)
    for start in range(0, len(listing.rows), _ROWS_AT_ONCE):
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=start == 0)
        for name in names:
            # Only the summary may wrap.
            wide = name == "summary"
            table.add_column(
                _header(name),
                no_wrap=not wide,
                overflow="fold" if wide else "ellipsis",
                min_width=None if wide else widths[name],
                justify="right" if name == "annual_cost" else "left",
            )
        for row in listing.rows[start : start + _ROWS_AT_ONCE]:
            style = _COLORS.get(row[places["severity"]], "")
            cells = {name: _cell(row[places[name]]) for name in names}
            table.add_row(*(Text(cell, style=style if name == "severity" else "") for name, cell in cells.items()))
        console.print(table)


def _header(name: str) -> str:
    return name.upper().replace("_", " ")


def _cell(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d")
    if isinstance(value, Decimal):
        return f"{value:,.0f}"
    return visible(str(value))


def _print_summary(listing: Listing, err: TextIO) -> None:
    severity, status = listing.columns.index("severity"), listing.columns.index("status")
    # Counted as on page one of the report: waived and resolved findings do not count.
    to_act_on = Counter(row[severity] for row in listing.rows if row[status] in ("new", "open"))
    others = Counter(row[status] for row in listing.rows if row[status] in ("waived", "resolved"))
    by_severity = ", ".join(f"{to_act_on[each]:,} {each}" for each in SEVERITIES if to_act_on[each])
    parts = [f"{to_act_on.total():,} to act on ({by_severity})"] if to_act_on else []
    parts += [f"{others[each]:,} {each}" for each in ("waived", "resolved") if others[each]]
    total = len(listing.rows)
    print(f"{total:,} finding{'' if total == 1 else 's'}{': ' if parts else ''}{', '.join(parts)}", file=err)
    for org, finding_type in listing.not_evaluated:
        print(f"{org}: {finding_type} could not be evaluated, so its findings are unknown", file=err)
