"""What goes with the report to those who wait for it: the week in a mail or a chat."""

from reports.sections.summary import verdict
from reports.wording import count, day
from spendready_pipeline.delivery.message import Message, Part, harmless
from spendready_pipeline.review.facts import Change, Review


def message(review: Review) -> Message:
    """Says the verdict, what is new, fixed and reopened by name, and what could not be seen."""
    snapshot = review.snapshot
    changes = (("New", review.new), ("Reopened", review.reopened), ("Fixed", review.resolved))
    parts = [_change(word, change) for word, change in changes if change.total]
    gaps = [each for each in review.types if each.coverage != "evaluated"]
    if gaps:
        lines = tuple(harmless(f"{each.title}: {each.reason or each.coverage.replace('_', ' ')}") for each in gaps)
        parts.append(Part(f"Not, or only partly, seen: {count(len(gaps), 'check')}", lines, len(gaps)))
    said = ", ".join(f"{change.total:,} {word.lower()}" for word, change in changes if change.total) or "no changes"
    return Message(
        title=f"{snapshot.org}, {day(snapshot.snapshot_at)}: {said}",
        lead=f"{harmless(snapshot.org_name)}: {harmless(verdict(review))}",
        parts=tuple(parts),
        closing=(
            f"The report is {snapshot.org}-{snapshot.snapshot_at.date()}.pdf, attached where this service takes files; "
            f"it and the tables are under {snapshot.org}/ in SpendReady's data folder."
        ),
    )


def has_changes(review: Review) -> bool:
    """Whether anything is new, fixed or reopened since the snapshot before."""
    return any(change.total for change in (review.new, review.resolved, review.reopened))


def _change(word: str, change: Change) -> Part:
    lines = tuple(f"[{found.severity}] {harmless(found.summary)}" for found in change.findings)
    return Part(f"{word}: {change.total:,}", lines, change.total)
