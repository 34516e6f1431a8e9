"""What changed since the snapshot before, and how the findings developed over the weeks."""

from reportlab.platypus import Flowable, KeepTogether

from reports import style
from reports.charts import trend_chart
from reports.layout import Layout
from reports.said_once import with_days
from reports.wording import count, day
from spendready_pipeline.review.facts import Change, Finding, Review

LISTED = 25


def changes(review: Review, layout: Layout) -> list[Flowable]:
    """New, reopened and fixed findings one by one, and the trend."""
    story: list[Flowable] = layout.section("What changed", "changes", new_page=True)
    story += _trend(review, layout)
    if review.snapshot.previous_at is None:
        said = (
            "This is the first review of this org: every finding is new. "
            "From next week on this page says what became of each."
        )
        return [*story, layout.gap(6), layout.text(said)]
    since = day(review.snapshot.previous_at)
    kinds = (("New", review.new), ("Reopened", review.reopened), ("Fixed", review.resolved))
    titles = {each.finding_type: each.title for each in review.types}
    for word, change in kinds:
        story += _change(f"{word} since {since}", change, titles, layout)
    return story


def _trend(review: Review, layout: Layout) -> list[Flowable]:
    if len(review.trend) < 2:
        return [layout.text("There is one snapshot so far; a trend needs two.", style.LEAD)]
    note = (
        f"Findings that needed action, over {count(len(review.trend), 'snapshot')}. "
        "A week in which a check could not be evaluated shows none of its findings."
    )
    return [KeepTogether([layout.text(note, style.LEAD), trend_chart(review.trend)])]


def _change(title: str, change: Change, titles: dict[str, str], layout: Layout) -> list[Flowable]:
    heading = layout.subheading(f"{title}: {change.total:,}")
    if not change.total:
        return heading
    rows = [_row(found, titles, layout) for found in change.findings[:LISTED]]
    story = [*heading, layout.table(["Severity", "What", "Check"], rows, [54, 283, 170])]
    left_out = change.total - len(rows)
    if left_out:
        story.append(layout.text(f"And {left_out:,} more: published/findings.csv has every one.", style.SMALL))
    return story


def _row(found: Finding, titles: dict[str, str], layout: Layout) -> list[object]:
    title = titles.get(found.finding_type, found.finding_type)
    return [layout.severity(found.severity), with_days(found.summary, found), layout.text(title, style.CELL_SMALL, 155)]
