"""How a document looks: page, colors, type."""

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle

from reports.pdf.shaping import BOLD, REGULAR

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 45
TOP, BOTTOM = 58, 52
WIDTH = PAGE_WIDTH - 2 * MARGIN
"""Of what stands between the margins, in points."""

INK = HexColor("#17212E")
GREY = HexColor("#5F6B7A")
PALE = HexColor("#97A1AE")
LINE = HexColor("#DCE1E7")
BAND = HexColor("#F3F5F8")
ACCENT = HexColor("#0F4C81")
WHITE = HexColor("#FFFFFF")
CARE = HexColor("#B7791F")
CARE_BAND = HexColor("#FDF6E7")
GOOD = HexColor("#2F7D5B")


def _style(name: str, size: float, leading: float, **more: object) -> ParagraphStyle:
    more = {"fontName": REGULAR, "textColor": INK, "splitLongWords": 1, "allowWidows": 0, "allowOrphans": 0} | more
    return ParagraphStyle(name, fontSize=size, leading=leading, **more)


TITLE = _style("title", 25, 29, fontName=BOLD)
VERDICT = _style("verdict", 13, 18)
SECTION = _style("section", 18, 23, fontName=BOLD, spaceBefore=22, spaceAfter=4)
HEADING = _style("heading", 11.5, 15, fontName=BOLD)
SUBHEADING = _style("subheading", 9.5, 13, fontName=BOLD, spaceBefore=8, spaceAfter=3)
BODY = _style("body", 9, 12.5)
LEAD = _style("lead", 9.5, 13.5, textColor=GREY, spaceAfter=8)
SMALL = _style("small", 7.5, 10, textColor=GREY)
SMALL_RIGHT = _style("small right", 7.5, 10, textColor=GREY, alignment=TA_RIGHT)
CARE_SMALL = _style("care small", 7.5, 10, textColor=CARE)
CELL = _style("cell", 8, 10.5)
CELL_BOLD = _style("cell bold", 8, 10.5, fontName=BOLD)
CELL_NAME = _style("cell name", 7.5, 10.5)
CELL_SMALL = _style("cell small", 7, 9.2, textColor=GREY)
NUMBER = _style("number", 8, 10.5, alignment=TA_RIGHT)
HEAD = _style("head", 7, 9, fontName=BOLD, textColor=GREY)
HEAD_RIGHT = _style("head right", 7, 9, fontName=BOLD, textColor=GREY, alignment=TA_RIGHT)
FIGURE = _style("figure", 24, 27, fontName=BOLD)
CARD_FIGURE = _style("card figure", 15, 19, fontName=BOLD)
LABEL = _style("label", 7.5, 10, fontName=BOLD, textColor=GREY)
