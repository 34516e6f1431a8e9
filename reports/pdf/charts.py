"""Charts, drawn by reportlab.graphics."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.graphics import renderPDF
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from reports.pdf import style
from reports.pdf.shaping import BOLD, REGULAR

HEIGHT = 190
LABEL_SIZE = 7.5
MAX_LABELS = 9
MAX_TOTALS = 13
"""Bars that are wide enough for their total above them."""


@dataclass(frozen=True)
class Series:
    """One part of each bar.

    Attributes:
        name: As the legend names it.
        color: Its color.
        values: Its value in each bar.
    """

    name: str
    color: Color
    values: Sequence[int]


class Chart(Flowable):  # type: ignore[misc]
    """A drawing, and its numbers as text for readers who cannot see it."""

    def __init__(self, drawing: Drawing, alternative: str) -> None:
        super().__init__()
        self.drawing, self.width, self.height = drawing, drawing.width, drawing.height
        self.alternative = alternative

    def draw(self) -> None:
        """Draws it on the page."""
        with self.canv.structure.content(self.canv, "Figure", self.alternative):
            renderPDF.draw(self.drawing, self.canv, 0, 0)


def stacked_bars(labels: Sequence[str], series: Sequence[Series], alternative: str) -> Chart:
    """A stacked bar for each label, with axes and a legend, as wide as the text.

    Args:
        labels: One for each bar, in order.
        series: The parts of a bar; the first stands at the bottom, where it is compared best.
        alternative: The numbers as text.
    """
    drawing = Drawing(style.WIDTH, HEIGHT)
    chart = _bars(series, 30, 24, style.WIDTH - 36, HEIGHT - 58)
    every = -(-len(labels) // MAX_LABELS)
    chart.categoryAxis.categoryNames = [
        label if (len(labels) - 1 - number) % every == 0 else "" for number, label in enumerate(labels)
    ]
    totals = _totals(series)
    highest = _plain_axes(chart, max(totals))
    drawing.add(chart)
    if len(labels) <= MAX_TOTALS:
        for number, total in enumerate(totals):
            middle = chart.x + chart.width * (number + 0.5) / len(labels)
            top = chart.y + chart.height * total / highest
            drawing.add(_label(f"{total:,}", middle, top + 3, BOLD, style.INK))
    at = 30.0
    for each in series:
        drawing.add(Rect(at, HEIGHT - 12, 7, 7, fillColor=each.color, strokeColor=None))
        drawing.add(String(at + 11, HEIGHT - 12, each.name, fontName=REGULAR, fontSize=8, fillColor=style.GREY))
        at += 62
    return Chart(drawing, alternative)


def small_stacked_bars(series: Sequence[Series], alternative: str, width: float, height: float) -> Chart:
    """The same bars without axes, for a card: the first and the last bar show their totals."""
    drawing = Drawing(width, height)
    chart = _bars(series, 0, 0, width, height - 9)
    totals = _totals(series)
    highest = max(totals) or 1
    chart.valueAxis.valueMin, chart.valueAxis.valueMax = 0, highest
    chart.valueAxis.visible = chart.categoryAxis.visible = False
    drawing.add(chart)
    for number in (0, len(totals) - 1):
        text = f"{totals[number]:,}"
        half = stringWidth(text, REGULAR, LABEL_SIZE) / 2
        middle = min(max(width * (number + 0.5) / len(totals), half), width - half)
        top = chart.height * totals[number] / highest
        drawing.add(_label(text, middle, top + 2, REGULAR, style.GREY))
    return Chart(drawing, alternative)


def _totals(series: Sequence[Series]) -> list[int]:
    return [sum(parts) for parts in zip(*(each.values for each in series), strict=True)]


def _bars(series: Sequence[Series], x: float, y: float, width: float, height: float) -> VerticalBarChart:
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = x, y, width, height
    chart.data = [list(each.values) for each in series]
    chart.categoryAxis.style = "stacked"
    chart.barWidth = 10
    chart.groupSpacing = 4 if len(series[0].values) > 6 else 12
    for number, each in enumerate(series):
        chart.bars[number].fillColor = each.color
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
