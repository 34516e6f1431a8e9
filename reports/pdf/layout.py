"""What every section is made of: text, tables, cards, callouts, all in one look."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import CondPageBreak, Flowable, PageBreak, Spacer, Table

from reports.pdf import style
from reports.pdf.flowables import Contents, Heading, Link, Text
from reports.pdf.shaping import BOLD, LONGEST_TEXT, Typesetter, as_written
from reports.pdf.tagging import Arrangement, Rows

MOST_LINES = 18
"""Of one text in a cell: a row is never split, so it has to fit a page whatever its names are."""
MOST_LINES_OF_A_NAME = 6
FOR_A_SENTENCE = 90
"""Points of a page that a section takes which is all said in a sentence."""
HEADINGS = {style.TITLE.name: "H1", style.SUBHEADING.name: "H4"}
"""Headings that no contents list, by their look, as a screen reader counts them."""


class Layout:
    """Makes the pieces of one document with one typesetter.

    Whatever text is given is data: it is printed as typed. Markup of our own is made here alone.
    """

    def __init__(self) -> None:
        self.typesetter = Typesetter()
        self._headings: list[Heading] = []

    def text(
        self,
        text: str,
        paragraph_style: ParagraphStyle = style.BODY,
        width: float = style.WIDTH,
        lines: int = MOST_LINES,
    ) -> Text:
        """A paragraph.

        Args:
            text: Data: it is printed as typed.
            paragraph_style: How it looks.
            width: Of the column that it stands in, in points.
            lines: How long it may grow, in lines of the widest letters; what does not fit is counted.
        """
        paragraph = Text(self._markup(text, paragraph_style, width, lines), paragraph_style)
        paragraph.kind = HEADINGS.get(paragraph_style.name, "P")
        paragraph.written = as_written(text)
        return paragraph

    def labelled(
        self, label: str, text: str, paragraph_style: ParagraphStyle = style.BODY, width: float = style.WIDTH
    ) -> Text:
        """A paragraph that begins with a name in bold."""
        longest = int(MOST_LINES_OF_A_NAME * width / paragraph_style.fontSize)
        opening = self.typesetter.markup(label, bold=True, size=paragraph_style.fontSize, width=width, longest=longest)
        paragraph = Text(
            f'<font name="{BOLD}">{opening}</font> {self._markup(text, paragraph_style, width)}', paragraph_style
        )
        paragraph.written = as_written(f"{label} {text}")
        return paragraph

    def link(self, text: str, key: str, paragraph_style: ParagraphStyle) -> Link:
        """A paragraph that leads to a heading."""
        markup = self._markup(text, paragraph_style, style.WIDTH)
        return Link(f'<link href="#{key}" color="#0F4C81">{markup}</link>', paragraph_style)

    def section(
        self, title: str, key: str, lead: str = "", new_page: bool = False, room: float = 300
    ) -> list[Flowable]:
        """A section's opening; it begins a page where less than `room` points of the page are left, or always."""
        opening: list[Flowable] = [
            PageBreak() if new_page else CondPageBreak(room),
            self._heading(title, style.SECTION, style.WIDTH, 0, key),
        ]
        return [*opening, self.text(lead, style.LEAD)] if lead else opening

    def contents(self) -> Contents:
        """The contents: every heading that was made before the document is set, but its own."""
        self._headings.clear()
        return Contents(self._headings)

    def heading(self, title: str, key: str, width: float = style.WIDTH, level: int = 1) -> Heading:
        """A heading within a section."""
        return self._heading(title, style.HEADING, width, level, key)

    def part(self, title: str, key: str, level: int = 1) -> list[Flowable]:
        """A heading that does not stand alone at a page's end."""
        return [CondPageBreak(110), self.gap(12), self.heading(title, key, level=level), self.gap(2)]

    def subheading(self, title: str) -> list[Flowable]:
        """A heading that no contents list."""
        return [CondPageBreak(80), self.text(title, style.SUBHEADING)]

    def _heading(self, title: str, paragraph_style: ParagraphStyle, width: float, level: int, key: str) -> Heading:
        self._headings.append(Heading(title, self._markup(title, paragraph_style, width), paragraph_style, level, key))
        return self._headings[-1]

    def _markup(self, text: str, paragraph_style: ParagraphStyle, width: float, lines: int = MOST_LINES) -> str:
        return self.typesetter.markup(
            text,
            bold=paragraph_style.fontName == BOLD,
            size=paragraph_style.fontSize,
            width=width,
            longest=min(LONGEST_TEXT, int(lines * width / paragraph_style.fontSize)),
        )

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[Any]],
        widths: Sequence[float],
        numbers: Sequence[int] = (),
        bands: Sequence[int] = (),
        spans: Sequence[int] = (),
    ) -> Table:
        """A table whose head is repeated on every page and whose rows are never split.

        Args:
            head: The columns' names; none for a table without a head.
            rows: Cells: text, or what another piece made.
            widths: Of the columns, in points; their sum is scaled to the page's.
            numbers: Columns whose text stands to the right.
            bands: Rows, counted from 0, that open a group; their first cell spans the row.
            spans: Further rows whose first cell spans the row.
        """
        scale = style.WIDTH / sum(widths)
        widths = [width * scale for width in widths]
        heads = [
            self.text(name, style.HEAD_RIGHT if column in numbers else style.HEAD, widths[column] - 10)
            for column, name in enumerate(head)
        ]
        cells = [
            [
                self.text(cell, style.NUMBER if column in numbers else style.CELL, widths[column] - 10)
                if isinstance(cell, str)
                else cell
                for column, cell in enumerate(row)
            ]
            for row in rows
        ]
        looks: list[tuple[Any, ...]] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, style.LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ]
        first = 1 if heads else 0
        if heads:
            looks += [("VALIGN", (0, 0), (-1, 0), "BOTTOM"), ("LINEBELOW", (0, 0), (-1, 0), 0.8, style.INK)]
        for row in (*bands, *spans):
            looks.append(("SPAN", (0, row + first), (-1, row + first)))
        for band in bands:
            looks += [
                ("BACKGROUND", (0, band + first), (-1, band + first), style.BAND),
                ("NOSPLIT", (0, band + first), (-1, min(band + 1, len(cells) - 1) + first)),
            ]
        whole = [heads, *cells] if heads else cells
        return Table(
            whole, colWidths=widths, repeatRows=first, style=looks, spaceBefore=4, spaceAfter=4, renderCB=Rows()
        )

    def callout(self, pieces: Sequence[Flowable], color: Color = style.CARE, ground: Color = style.CARE_BAND) -> Table:
        """What must not be read over, behind a coloured rule."""
        return Table(
            [[list(pieces)]],
            colWidths=[style.WIDTH],
            style=[
                ("BACKGROUND", (0, 0), (-1, -1), ground),
                ("LINEBEFORE", (0, 0), (0, -1), 2.4, color),
                ("LEFTPADDING", (0, 0), (-1, -1), 10),
                ("RIGHTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ],
            spaceBefore=4,
            spaceAfter=4,
            renderCB=Arrangement(),
        )

    def row(self, cells: Sequence[Any], widths: Sequence[float], valign: str = "MIDDLE") -> Table:
        """Pieces beside each other, without lines."""
        return Table(
            [list(cells)],
            colWidths=widths,
            style=[
                ("VALIGN", (0, 0), (-1, -1), valign),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
            ],
            renderCB=Arrangement(),
        )

    def cards(self, cards: Sequence[Sequence[Flowable]], colors: Sequence[Color], gap: float = 8) -> Table:
        """Cards of one width beside each other, each under a coloured rule."""
        width = (style.WIDTH - gap * (len(cards) - 1)) / len(cards)
        cells: list[Any] = []
        looks: list[tuple[Any, ...]] = [("VALIGN", (0, 0), (-1, -1), "TOP")]
        for number, (card, color) in enumerate(zip(cards, colors, strict=True)):
            at = (2 * number, 0), (2 * number, 0)
            cells += [list(card), ""]
            looks += [
                ("BACKGROUND", *at, style.BAND),
                ("LINEABOVE", *at, 2, color),
                ("LEFTPADDING", *at, 9),
                ("RIGHTPADDING", *at, 7),
                ("TOPPADDING", *at, 7),
                ("BOTTOMPADDING", *at, 8),
            ]
        widths = [width, gap] * len(cards)
        return Table([cells[:-1]], colWidths=widths[:-1], style=looks, renderCB=Arrangement())

    @staticmethod
    def gap(height: float) -> Spacer:
        """Nothing, so high."""
        return Spacer(1, height)
