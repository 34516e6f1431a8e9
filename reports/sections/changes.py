"""What changed since the snapshot before, and how the findings developed over the weeks."""

from reportlab.platypus import Flowable, KeepTogether

from reports.palette import severity_chip
from reports.pdf import style
from reports.pdf.layout import FOR_A_SENTENCE, Layout
from reports.trend import trend_chart
from reports.wording import count, day
from spendready_pipeline.review.facts import Change, Finding, Review

LISTED = 25


def changes(review: Review, layout: Layout) -> list[Flowable]:
    """New, reopened and fixed findings one by one, and the trend."""
    if review.snapshot.previous_at is None:
        every = "every finding is new, and " if any(review.severities.values()) else ""
        said = f"This is the first review of this org: {every}a trend needs two. The next one says here what changed."
        return layout.section("What changed", "changes", said, room=FOR_A_SENTENCE)
    story: list[Flowable] = layout.section("What changed", "changes", new_page=True)
    story += _trend(review, layout)
    since = day(review.snapshot.previous_at)
    kinds = (("New", review.new), ("Reopened", review.reopened), ("Fixed", review.resolved))
    titles = {each.finding_type: each.title for each in review.types}
    for word, change in kinds:
        story += _change(f"{word} since {since}", change, titles, layout)
    return story


def _trend(review: Review, layout: Layout) -> list[Flowable]:
    note = (
        f"Findings that needed action, over {count(len(review.trend), 'snapshot')}. "
        "A week in which a check could not be evaluated shows none of its findings."
    )
    story = [layout.text(note, style.LEAD), trend_chart(review.trend)]
    rest = _beside_the_changes(review)
    return [KeepTogether([*story, layout.text(rest, style.SMALL)] if rest else story)]


def _beside_the_changes(review: Review) -> str:
    """What else makes the difference to the snapshot before, where new, reopened and fixed findings do not."""
    before, now = (point.total for point in review.trend[-2:])
    expected = before + review.new.total + review.reopened.total - review.resolved.total
    if now == expected:
        return ""
    return (
        f"From {before:,} on {day(review.snapshot.previous_at)} to {now:,}: beside {review.new.total:,} new, "
        f"{review.reopened.total:,} reopened and {review.resolved.total:,} fixed, a difference of "
        f"{abs(now - expected):,} comes from waivers that began or ended, or from checks that could be evaluated in "
        "one of the two weeks alone."
    )


def _change(title: str, change: Change, titles: dict[str, str], layout: Layout) -> list[Flowable]:
    heading = layout.subheading(f"{title}: {change.total:,}")
    if not change.total:
        return heading
    rows = [_row(found, titles, layout) for found in change.findings[:LISTED]]
    story = [*heading, layout.table(["Severity", "What", "Check"], rows, [54, 310, 141])]
    left_out = change.total - len(rows)
    if left_out:
        story.append(layout.text(f"And {left_out:,} more: published/findings.csv has every one.", style.SMALL))
    return story


def _row(found: Finding, titles: dict[str, str], layout: Layout) -> list[object]:
    title = titles.get(found.finding_type, found.finding_type)
    return [severity_chip(found.severity), found.summary, layout.text(title, style.CELL_SMALL, 131)]
