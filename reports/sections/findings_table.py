"""The table of a finding type: a row a finding, a group an app, most important first."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from reportlab.platypus import Flowable

from reports.palette import severity_chip
from reports.pdf import style
from reports.pdf.flowables import Chip
from reports.pdf.layout import Layout
from reports.wording import count, day, details, money, tokens_of_users
from spendready_pipeline.review.facts import Cause, Finding, FindingType, Review

COLUMNS = (("Severity", 50), ("Who", 130), ("What was found", 236), ("A year", 50), ("Since", 53))
WHO, FOUND, PRICE = 1, 2, 3
"""Columns; a type without prices has no price's."""


def common_steps(findings: Iterable[Finding]) -> str:
    """The own steps that all of these findings have; empty where they differ."""
    steps = {found.own_steps or "" for found in findings}
    return steps.pop() if len(steps) == 1 else ""


def findings_table(finding_type: FindingType, common: str, review: Review, layout: Layout) -> Flowable:
    """Lists a type's findings.

    Args:
        finding_type: The type.
        common: The own steps of all of them, printed above the table; a row has those that are its own alone.
        review: Of the snapshot.
        layout: Of the document.
    """
    kept = [place for place in range(len(COLUMNS)) if place != PRICE or finding_type.annual_cost is not None]
    widths = [COLUMNS[place][1] for place in kept]
    scale = style.WIDTH / sum(widths)
    row = _Rows(finding_type, review, layout, COLUMNS[WHO][1] * scale - 10, COLUMNS[FOUND][1] * scale - 10)
    rows: list[list[object]] = []
    bands: list[int] = []
    spans: list[int] = []
    for band, causes in _groups(finding_type, layout):
        named = causes[0] if len(causes) == 1 else None
        of_app = common_steps(named.findings) if band and named and not common else ""
        if of_app:
            band.append(layout.labelled("Do:", of_app, style.CELL_SMALL))
        if band:
            bands.append(len(rows))
            rows.append([band, *[""] * (len(kept) - 1)])
        for found in (found for cause in causes for found in cause.findings):
            cells = row.cells(found, named, "" if common or of_app else found.own_steps or "")
            rows.append([cells[place] for place in kept])
        left_out = sum(cause.total - len(cause.findings) for cause in causes)
        if band and left_out:
            spans.append(len(rows))
            more = f"and {left_out:,} more of this app: published/findings.csv has every one"
            rows.append([layout.text(more, style.CELL_SMALL), *[""] * (len(kept) - 1)])
    numbers = [PRICE] if PRICE in kept else []
    return layout.table([COLUMNS[place][0] for place in kept], rows, widths, numbers, bands, spans)


def _groups(finding_type: FindingType, layout: Layout) -> Iterator[tuple[list[Flowable], list[Cause]]]:
    """Causes with the band above them: an app with its tokens, or all apps of a severity that have one."""

    def key(cause: Cause) -> tuple[str, str | None]:
        return cause.severity, cause.name if cause.total > 1 else None

    for _, found in groupby(finding_type.causes, key):
        causes = list(found)
        first = causes[0]
        if first.name is None:
            yield [], causes
        elif len(causes) > 1:
            yield [layout.labelled("One token each", f" of {count(len(causes), 'app')}", style.CELL)], causes
        else:
            told = f"{tokens_of_users(first.total, first.users)}, first seen {day(first.first_seen)}"
            yield [layout.labelled(first.name, f" {told}", style.CELL)], causes


class _Rows:
    """Makes a row of a finding."""

    def __init__(
        self, finding_type: FindingType, review: Review, layout: Layout, who_width: float, found_width: float
    ) -> None:
        self.evidence, self.review, self.layout = finding_type.evidence, review, layout
        self.who_width, self.found_width = who_width, found_width

    def cells(self, found: Finding, cause: Cause | None, to_do: str) -> list[object]:
        """Every column's cell.

        Args:
            found: The finding.
            cause: What the band above the row names; None where it names none.
            to_do: What is not said above.
        """
        return [
            severity_chip(found.severity),
            list(self._who(found)),
            list(self._seen(found, cause, to_do)),
            money(found.annual_cost, None),
            list(self._since(found)),
        ]

    def _who(self, found: Finding) -> Iterator[Flowable]:
        if found.subject_type == "user" and found.subject_name and found.subject_name != found.username:
            yield self.layout.text(found.subject_name, style.CELL_BOLD, self.who_width)
            if found.username:
                yield self.layout.text(found.username, style.CELL_SMALL, self.who_width)
            return
        name = found.username or found.subject_name or found.user_id or found.subject_id
        yield self.layout.text(name, style.CELL_NAME, self.who_width)

    def _seen(self, found: Finding, cause: Cause | None, to_do: str) -> Iterator[Flowable]:
        yield self.layout.text(found.detail, style.CELL, self.found_width)
        names_app = found.subject_type != "oauth_token" or (cause is not None and cause.name is not None)
        more = details(found.evidence, self.evidence if names_app else ("app_name", *self.evidence))
        if more:
            yield self.layout.text(more, style.CELL_SMALL, self.found_width)
        if to_do:
            yield self.layout.labelled("Do:", to_do, style.CELL_SMALL, self.found_width)

    def _since(self, found: Finding) -> Iterator[Flowable]:
        yield self.layout.text(day(found.first_seen), style.CELL)
        if found.reopened_at == self.review.snapshot_at:
            yield Chip("Reopened", style.CARE, filled=False)
        elif found.status == "new" and self.review.snapshot.previous_at is not None:
            yield Chip("New", style.ACCENT, filled=False)
