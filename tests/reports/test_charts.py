"""Charts hold any number of weeks, and are read without colour too."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from reportlab.graphics import renderPDF

from reports.palette import CHART_COLORS
from reports.pdf.shaping import Typesetter
from reports.trend import small_trend, trend_chart
from spendready_pipeline.review.facts import TrendPoint


@pytest.mark.parametrize("weeks", [1, 2, 3, 12, 52])
@pytest.mark.parametrize("most", [0, 1, 12_345])
def test_any_number_of_weeks_fits(weeks: int, most: int) -> None:
    Typesetter()  # registers the fonts
    points = [TrendPoint(date(2026, 1, 5) + timedelta(weeks=week), 0, most, week, 1) for week in range(weeks)]
    for chart in (trend_chart(points), small_trend(points, 150, 42)):
        drawing = chart.drawing
        assert renderPDF.drawToString(drawing).startswith(b"%PDF")
        left, bottom, right, top = drawing.getBounds()
        assert -1 <= left <= right <= drawing.width + 1
        assert -1 <= bottom <= top <= drawing.height + 1


def test_parts_of_a_bar_differ_in_greyscale() -> None:
    greys = [0.299 * color.red + 0.587 * color.green + 0.114 * color.blue for color in CHART_COLORS]
    assert all(lighter - darker > 0.1 for darker, lighter in pairwise(greys)), greys
