"""All checks at a glance: what was judged, what it found, what it costs."""

from reportlab.platypus import Flowable

from reports.palette import coverage_chip, severity_chip
from reports.pdf import style
from reports.pdf.layout import Layout
from reports.wording import count, money, words
from spendready_pipeline.catalog.labels import TEAMS
from spendready_pipeline.review.facts import FindingType, Review


def checks(review: Review, layout: Layout) -> list[Flowable]:
    """A row a check; one that was not evaluated has no number, since none is known."""
    rows = [_row(each, review, layout) for each in review.types]
    head = ["Severity", "Check", "Who acts", "Coverage", "Findings", "A year"]
    return [
        *layout.part("All checks", "checks", level=0),
        layout.table(head, rows, [54, 197, 58, 84, 44, 70], numbers=(4, 5)),
    ]


def _row(each: FindingType, review: Review, layout: Layout) -> list[object]:
    known = each.coverage != "not_evaluated"
    detailed = each.total or not known
    return [
        severity_chip(each.worst, filled=bool(each.total)),
        layout.link(each.title, f"type-{each.finding_type}", style.CELL) if detailed else each.title,
        TEAMS.get(each.who_acts, words(each.who_acts)),
        coverage_chip(each.coverage),
        count(each.total) if known else "–",
        money(each.annual_cost if known else None, review.currency),
    ]
