"""What the report shows in color: severity and coverage, each with a word beside it."""

from reportlab.lib.colors import Color, HexColor

from reports.pdf import style
from reports.pdf.flowables import Chip

SEVERITY_COLORS: dict[str, Color] = {
    "critical": HexColor("#9B1C31"),
    "high": HexColor("#D0521B"),
    "medium": HexColor("#C58B0C"),
    "low": HexColor("#5B7C99"),
}
CHART_COLORS = [SEVERITY_COLORS["critical"], SEVERITY_COLORS["high"], HexColor("#E3B23C"), HexColor("#CBD8E3")]
"""By severity; lighter from each to the next, so that a bar's parts are told apart without colour too."""
COVERAGE_COLORS: dict[str, Color] = {"evaluated": style.GOOD, "partial": style.CARE, "not_evaluated": style.PALE}
COVERAGE_WORDS = {"evaluated": "Evaluated", "partial": "Partly evaluated", "not_evaluated": "Not evaluated"}


def severity_chip(severity: str, filled: bool = True) -> Chip:
    """A severity in its color."""
    return Chip(severity, SEVERITY_COLORS.get(severity, style.GREY), filled)


def coverage_chip(coverage: str) -> Chip:
    """How far a check was evaluated."""
    return Chip(COVERAGE_WORDS[coverage], COVERAGE_COLORS[coverage], filled=False)
