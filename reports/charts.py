"""Charts, drawn by reportlab.graphics."""

from collections.abc import Sequence

from reportlab.graphics import renderPDF
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from reports import style
from reports.typesetting import BOLD, REGULAR
from reports.wording import day
from spendready_pipeline.review.facts import SEVERITIES, TrendPoint

HEIGHT = 190
LABEL_SIZE = 7.5
MOST_LABELS = 9
MOST_TOTALS = 13
"""Bars that are wide enough for their total above them."""


class Chart(Flowable):  # type: ignore[misc]
    """A drawing, and its numbers in words for who cannot see it."""

    def __init__(self, drawing: Drawing, points: Sequence[TrendPoint]) -> None:
        super().__init__()
        self.drawing, self.width, self.height = drawing, drawing.width, drawing.height
        weeks = (f"{day(each.snapshot_date)}: {_in_words(each)}" for each in points)
        self.alternative = f"Findings that needed action. {'. '.join(weeks)}."

    def draw(self) -> None:
        """Draws it on the page."""
        with self.canv.structure.content(self.canv, "Figure", self.alternative):
            renderPDF.draw(self.drawing, self.canv, 0, 0)


def _in_words(point: TrendPoint) -> str:
    return ", ".join(f"{getattr(point, each):,} {each}" for each in SEVERITIES if getattr(point, each)) or "none"


def trend_chart(points: Sequence[TrendPoint]) -> Chart:
    """A bar a snapshot, in parts by severity; the worst stands at the bottom, where it is compared best."""
    drawing = Drawing(style.WIDTH, HEIGHT)
    chart = _bars(points, 30, 24, style.WIDTH - 36, HEIGHT - 58)
    every = -(-len(points) // MOST_LABELS)
    chart.categoryAxis.categoryNames = [
        f"{point.snapshot_date.day} {point.snapshot_date:%b}" if (len(points) - 1 - number) % every == 0 else ""
        for number, point in enumerate(points)
    ]
    highest = _plain_axes(chart, max(point.total for point in points))
    drawing.add(chart)
    if len(points) <= MOST_TOTALS:
        for number, point in enumerate(points):
            middle = chart.x + chart.width * (number + 0.5) / len(points)
            top = chart.y + chart.height * point.total / highest
            drawing.add(_label(f"{point.total:,}", middle, top + 3, BOLD, style.INK))
    at = 30.0
    for severity, color in zip(SEVERITIES, style.CHART_COLORS, strict=True):
        drawing.add(Rect(at, HEIGHT - 12, 7, 7, fillColor=color, strokeColor=None))
        drawing.add(String(at + 11, HEIGHT - 12, severity, fontName=REGULAR, fontSize=8, fillColor=style.GREY))
        at += 62
    return Chart(drawing, points)


def small_trend(points: Sequence[TrendPoint], width: float, height: float) -> Chart:
    """The same bars without axes, for a card: the first and the last say their numbers."""
    drawing = Drawing(width, height)
    chart = _bars(points, 0, 0, width, height - 9)
    highest = max(point.total for point in points) or 1
    chart.valueAxis.valueMin, chart.valueAxis.valueMax = 0, highest
    chart.valueAxis.visible = chart.categoryAxis.visible = False
    drawing.add(chart)
    for number in (0, len(points) - 1):
        said = f"{points[number].total:,}"
        half = stringWidth(said, REGULAR, LABEL_SIZE) / 2
        middle = min(max(width * (number + 0.5) / len(points), half), width - half)
        top = chart.height * points[number].total / highest
        drawing.add(_label(said, middle, top + 2, REGULAR, style.GREY))
    return Chart(drawing, points)


def _bars(points: Sequence[TrendPoint], x: float, y: float, width: float, height: float) -> VerticalBarChart:
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = x, y, width, height
    chart.data = [[getattr(point, severity) for point in points] for severity in SEVERITIES]
    chart.categoryAxis.style = "stacked"
    chart.barWidth = 10
    chart.groupSpacing = 4 if len(points) > 6 else 12
    for number, color in enumerate(style.CHART_COLORS):
        chart.bars[number].fillColor = color
        chart.bars[number].strokeColor = style.WHITE
        chart.bars[number].strokeWidth = 0.4
    return chart


def _label(text: str, middle: float, bottom: float, font: str, color: object) -> String:
    return String(middle, bottom, text, fontName=font, fontSize=LABEL_SIZE, fillColor=color, textAnchor="middle")


def _plain_axes(chart: VerticalBarChart, highest: int) -> int:
    """Axes without ornament; gives the value at the chart's top."""
    step = _round_step(highest)
    top = max(step * -(-highest // step), step)
    chart.valueAxis.valueMin = 0
    chart.valueAxis.valueMax = top
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
        axis.labels.fontSize = LABEL_SIZE
        axis.labels.fillColor = style.GREY
    chart.categoryAxis.labels.dy = -3
    return top


def _round_step(highest: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that gives about four lines."""
    step = 1
    while highest / step > 5:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step
