"""Charts, drawn by reportlab.graphics."""

from collections.abc import Sequence

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, Rect, String

from reports import style
from reports.typesetting import REGULAR
from spendready_pipeline.review.facts import SEVERITIES, TrendPoint

HEIGHT = 190
MOST_LABELS = 9


def trend_chart(points: Sequence[TrendPoint]) -> Drawing:
    """A bar a snapshot, in parts by severity; the worst stands at the bottom, where it is compared best."""
    drawing = Drawing(style.WIDTH, HEIGHT)
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 30, 24, style.WIDTH - 36, HEIGHT - 52
    chart.data = [[getattr(point, severity) for point in points] for severity in SEVERITIES]
    chart.categoryAxis.style = "stacked"
    chart.barWidth = 10
    chart.groupSpacing = 7 if len(points) > 6 else 40
    for number, severity in enumerate(SEVERITIES):
        chart.bars[number].fillColor = style.SEVERITY_COLORS[severity]
        chart.bars[number].strokeColor = None
    every = -(-len(points) // MOST_LABELS)
    chart.categoryAxis.categoryNames = [
        f"{point.snapshot_date.day} {point.snapshot_date:%b}" if (len(points) - 1 - number) % every == 0 else ""
        for number, point in enumerate(points)
    ]
    _plain_axes(chart, max(sum(getattr(point, each) for each in SEVERITIES) for point in points))
    drawing.add(chart)
    at = 30.0
    for severity in SEVERITIES:
        drawing.add(Rect(at, HEIGHT - 14, 7, 7, fillColor=style.SEVERITY_COLORS[severity], strokeColor=None))
        drawing.add(String(at + 11, HEIGHT - 14, severity, fontName=REGULAR, fontSize=8, fillColor=style.GREY))
        at += 62
    return drawing


def _plain_axes(chart: VerticalBarChart, highest: int) -> None:
    step = _round_step(highest)
    chart.valueAxis.valueMin = 0
    chart.valueAxis.valueMax = max(step * -(-highest // step), step)
    chart.valueAxis.valueStep = step
    chart.valueAxis.labelTextFormat = lambda value: f"{value:,.0f}"
    chart.valueAxis.visibleGrid = True
    chart.valueAxis.gridStrokeColor = style.LINE
    chart.valueAxis.gridStrokeWidth = 0.4
    chart.valueAxis.visibleAxis = False
    chart.valueAxis.visibleTicks = False
    chart.categoryAxis.visibleTicks = False
    chart.categoryAxis.strokeColor = style.INK
    chart.categoryAxis.strokeWidth = 0.6
    for axis in (chart.valueAxis, chart.categoryAxis):
        axis.labels.fontName = REGULAR
        axis.labels.fontSize = 7.5
        axis.labels.fillColor = style.GREY
    chart.categoryAxis.labels.dy = -3


def _round_step(highest: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that gives about four lines."""
    step = 1
    while highest / step > 5:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step
