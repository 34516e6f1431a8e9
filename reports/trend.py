"""The findings that needed action, snapshot by snapshot, as a chart."""

from collections.abc import Sequence

from reports.palette import CHART_COLORS
from reports.pdf.charts import Chart, Series, small_stacked_bars, stacked_bars
from reports.wording import day
from spendready_pipeline.catalog.labels import SEVERITIES
from spendready_pipeline.review.facts import TrendPoint


def trend_chart(points: Sequence[TrendPoint]) -> Chart:
    """A bar for each snapshot, divided by severity."""
    labels = [f"{each.snapshot_date.day} {each.snapshot_date:%b}" for each in points]
    return stacked_bars(labels, _by_severity(points), _alternative(points))


def small_trend(points: Sequence[TrendPoint], width: float, height: float) -> Chart:
    """The same bars for a card."""
    return small_stacked_bars(_by_severity(points), _alternative(points), width, height)


def _by_severity(points: Sequence[TrendPoint]) -> list[Series]:
    return [
        Series(severity, color, [getattr(each, severity) for each in points])
        for severity, color in zip(SEVERITIES, CHART_COLORS, strict=True)
    ]


def _alternative(points: Sequence[TrendPoint]) -> str:
    weeks = (f"{day(each.snapshot_date)}: {_in_words(each)}" for each in points)
    return f"Findings that needed action. {'. '.join(weeks)}."


def _in_words(point: TrendPoint) -> str:
    return ", ".join(f"{getattr(point, each):,} {each}" for each in SEVERITIES if getattr(point, each)) or "none"
