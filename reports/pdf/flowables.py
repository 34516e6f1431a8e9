"""What ReportLab has no flowable for: text that says what it is, chips, bars, headings, and the contents."""

from collections.abc import Sequence

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph

from reports.pdf import style
from reports.pdf.shaping import BOLD, REGULAR


class Text(Paragraph):  # type: ignore[misc]
    """A paragraph.

    Attributes:
        kind: What it is for who has it read aloud.
        written: The text as it is written, where it is drawn in another order.
    """

    kind = "P"
    written = ""

    def split(self, width: float, height: float) -> list[Flowable]:
        """Its parts; none where it is told as it is written: that is told once."""
        return [] if self.written else list(super().split(width, height))

    def draw(self) -> None:
        """Draws it on the page."""
        with self.canv.structure.content(self.canv, self.kind, written=self.written):
            super().draw()


class Link(Text):
    """A paragraph that leads elsewhere."""

    kind = "Link"


class Chip(Flowable):  # type: ignore[misc]
    """A word on a coloured ground, or in a coloured frame."""

    HEIGHT = 10.5
    SIZE = 6.6
    spaceBefore = 1.5

    def __init__(self, word: str, color: Color, filled: bool = True) -> None:
        super().__init__()
        self.word, self.color, self.filled = word.upper(), color, filled
        self.width = stringWidth(self.word, BOLD, self.SIZE) + 9
        self.height = self.HEIGHT

    def draw(self) -> None:
        """Draws it on the page."""
        with self.canv.structure.content(self.canv, "P"):
            self._draw(self.canv)

    def _draw(self, canvas: Canvas) -> None:
        canvas.setStrokeColor(self.color)
        canvas.setFillColor(self.color if self.filled else style.WHITE)
        canvas.setLineWidth(0.6)
        canvas.roundRect(0, 0, self.width, self.height, 2.2, stroke=1, fill=1)
        canvas.setFillColor(style.WHITE if self.filled else self.color)
        canvas.setFont(BOLD, self.SIZE)
        canvas.drawCentredString(self.width / 2, 3, self.word)


class Heading(Text):
    """A heading that stands in the contents and in the reader's outline; it may stand within a table."""

    def __init__(self, text: str, markup: str, paragraph_style: ParagraphStyle, level: int, key: str) -> None:
        super().__init__(markup, paragraph_style)
        self.title, self.level, self.key = text, level, key
        self.kind = f"H{level + 2}"

    def draw(self) -> None:
        """Draws it on the page, which is then where its links lead, and whose number the contents show."""
        super().draw()
        canvas = self.canv
        canvas.passed(self, canvas.absolutePosition(0, self.height)[1])
        canvas.bookmarkHorizontal(self.key, 0, self.height + 6)
        canvas.addOutlineEntry(self.title, self.key, self.level, closed=self.level == 0)
        canvas.beginForm(f"page-of-{self.key}", lowerx=-40, lowery=-4, upperx=1, uppery=12)
        canvas.setFont(REGULAR, 8.5)
        canvas.setFillColor(style.GREY)
        canvas.drawRightString(0, 0, str(canvas.getPageNumber()))
        canvas.endForm()


class Contents(Flowable):  # type: ignore[misc]
    """The headings that follow, with their pages, in two columns.

    A page's number is a form that its heading defines when it is drawn, so that the document is set once, where
    ReportLab's own table of contents has it set three times.
    """

    GUTTER = 26

    def __init__(self, headings: Sequence[Heading]) -> None:
        super().__init__()
        self.headings = headings

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """Its size, known once the document's pieces are all made."""
        self.width, self.height = width, max(map(self._height, self._columns()))
        return self.width, self.height

    def draw(self) -> None:
        """Draws it on the page."""
        width = (self.width - self.GUTTER) / 2
        self.canv.structure.open("TOC")
        for place, column in enumerate(self._columns()):
            at = self.height
            for each in column:
                at -= self._line(each)
                self.canv.structure.open("TOCI")
                with self.canv.structure.content(self.canv, "Link"):
                    self._draw_line(each, place * (width + self.GUTTER), at, width)
                self.canv.structure.close()
        self.canv.structure.close()

    def _columns(self) -> tuple[Sequence[Heading], Sequence[Heading]]:
        """Two columns, as even as whole sections allow."""
        borders = [place for place, each in enumerate(self.headings) if each.level == 0]
        both = [(self.headings[:place], self.headings[place:]) for place in borders]
        return min(both, key=lambda columns: max(map(self._height, columns)))

    def _height(self, headings: Sequence[Heading]) -> float:
        return sum(map(self._line, headings))

    def _draw_line(self, each: Heading, left: float, at: float, width: float) -> None:
        canvas = self.canv
        font, size, indent = (BOLD, 9, 0) if each.level == 0 else (REGULAR, 8, 10)
        canvas.setFont(font, size)
        canvas.setFillColor(style.INK if each.level == 0 else style.GREY)
        canvas.drawString(left + indent, at, each.title)
        canvas.setStrokeColor(style.LINE)
        canvas.setLineWidth(0.5)
        end = min(left + indent + stringWidth(each.title, font, size) + 6, left + width - 18)
        canvas.line(end, at + 2, left + width - 18, at + 2)
        canvas.linkRect("", each.key, (left, at - 3, left + width, at + 9), relative=1, thickness=0)
        canvas.saveState()
        canvas.translate(left + width, at)
        canvas.doForm(f"page-of-{each.key}")
        canvas.restoreState()

    @staticmethod
    def _line(heading: Heading) -> float:
        return 17 if heading.level == 0 else 12


class Bar(Flowable):  # type: ignore[misc]
    """A bar in parts, each as wide as its share of the whole."""

    def __init__(self, parts: Sequence[tuple[float, Color]], width: float, height: float = 6) -> None:
        super().__init__()
        self.parts, self.width, self.height = parts, width, height

    def draw(self) -> None:
        """Draws it on the page; its numbers stand beside it."""
        whole = sum(share for share, _ in self.parts) or 1
        at = 0.0
        with self.canv.structure.decoration(self.canv):
            for share, color in self.parts:
                self.canv.setFillColor(color)
                self.canv.rect(at, 0, self.width * share / whole, self.height, stroke=0, fill=1)
                at += self.width * share / whole
