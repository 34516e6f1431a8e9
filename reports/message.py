"""What goes with the report to those who wait for it: the week in a mail or a chat."""

from collections.abc import Sequence

from reports.sections.summary import verdict
from reports.wording import count, day
from spendready_pipeline.delivery.message import Message, Part, sanitize
from spendready_pipeline.review.facts import Change, FindingType, Review


def message(review: Review) -> Message:
    """Says the verdict, what is new, fixed and reopened by name, and what could not be seen."""
    snapshot = review.snapshot
    changes = (("New", review.new), ("Reopened", review.reopened), ("Fixed", review.resolved))
    parts = [_change(word, change) for word, change in changes if change.total]
    less = [each for each in review.types if each.sees_less]
    gaps = [each for each in review.types if each.coverage != "evaluated" and not each.sees_less]
    parts += _gaps("Seen less of than before, so what is gone is not fixed", less)
    parts += _gaps("Not, or only partly, seen", gaps)
    said = [f"{change.total:,} {word.lower()}" for word, change in changes if change.total]
    said += [f"{count(len(less), 'check')} saw less"] if less else []
    return Message(
        title=f"{snapshot.org}, {day(snapshot.snapshot_at)}: {', '.join(said) or 'no changes'}",
        lead=f"{sanitize(snapshot.org_name)}: {sanitize(verdict(review))}",
        parts=tuple(parts),
        closing=(
            f"The report is {snapshot.org}-{snapshot.snapshot_at.date()}.pdf, attached where this service takes files; "
            f"it and the tables are under {snapshot.org}/ in SpendReady's data folder."
        ),
    )


def has_changes(review: Review) -> bool:
    """Whether anything is new, fixed or reopened since the snapshot before, or less could be seen than in it.

    What vanished since it could not be seen is not fixed: a week that is quiet for that alone has to be heard of.
    """
    changes = (review.new, review.resolved, review.reopened)
    return any(each.total for each in changes) or any(each.sees_less for each in review.types)


def _change(word: str, change: Change) -> Part:
    lines = tuple(f"[{found.severity}] {sanitize(found.summary)}" for found in change.findings)
    return Part(f"{word}: {change.total:,}", lines, change.total)


def _gaps(heading: str, types: Sequence[FindingType]) -> list[Part]:
    lines = tuple(sanitize(f"{each.title}: {each.reason or each.coverage.replace('_', ' ')}") for each in types)
    return [Part(f"{heading}: {count(len(types), 'check')}", lines, len(types))] if types else []
