"""Puts the document together: pages, contents, outline, metadata."""

from collections.abc import Callable
from datetime import UTC
from io import BytesIO

from reportlab.pdfbase.pdfdoc import Annotation
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageTemplate

from reports.pdf import style
from reports.pdf.flowables import Heading
from reports.pdf.layout import Layout
from reports.pdf.shaping import BOLD, REGULAR
from reports.pdf.tagging import Structure
from reports.sections.accounts import accounts
from reports.sections.actions import actions
from reports.sections.appendix import appendix
from reports.sections.changes import changes
from reports.sections.checks import checks
from reports.sections.exemptions import exemptions
from reports.sections.licenses import licenses
from reports.sections.summary import summary
from reports.wording import day
from spendready_pipeline.review.facts import Review

PRODUCT = "SpendReady"
LINES_OF_A_HEAD = 3
"""Of the widest letters: of others one line holds as much."""
TOP_OF_A_PAGE = style.PAGE_HEIGHT - style.TOP - 60
"""A heading above this opens its page; else the page goes on with what stood on the one before."""


def build(review: Review) -> bytes:
    """Makes the PDF of a review; the same review gives the same bytes.

    One at a time in a process: ReportLab knows fonts by name, and each document brings its own.

    Args:
        review: All that the document may show. Its texts are data and are printed as typed.
    """
    layout = Layout()
    story = [
        *summary(review, layout),
        NextPageTemplate("inner"),
        *_contents(review, layout),
        *changes(review, layout),
        *actions(review, layout),
        *accounts(review, layout),
        *licenses(review, layout),
        *exemptions(review, layout),
        *appendix(review, layout),
    ]
    content = BytesIO()
    _Document(content, review, layout).build(story, canvasmaker=_Pages)
    return content.getvalue()


def _contents(review: Review, layout: Layout) -> list[Flowable]:
    return [*layout.section("Contents", "contents", new_page=True), layout.contents(), *checks(review, layout)]


class _Document(BaseDocTemplate):  # type: ignore[misc]
    """Pages with a head and a foot that say which org and week they belong to, and how many there are."""

    def __init__(self, file: BytesIO, review: Review, layout: Layout) -> None:
        seen = review.snapshot
        title = f"{seen.org_name}: access and licence review of {day(seen.snapshot_at)}"
        super().__init__(
            file,
            pagesize=(style.PAGE_WIDTH, style.PAGE_HEIGHT),
            title=title,
            author=PRODUCT,
            creator=PRODUCT,
            subject=f"Weekly review of the Salesforce org {seen.org_id or seen.org}, seen on "
            f"{seen.snapshot_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            keywords="Salesforce, integration users, OAuth tokens, licences, access review",
            lang="en",
            displayDocTitle=True,
            invariant=1,
        )
        self._snapshot_at = seen.snapshot_at.astimezone(UTC)
        self._layout = layout
        self._about = f"{day(seen.snapshot_at)}  ·  {seen.org_name}"
        frame = Frame(
            style.MARGIN,
            style.BOTTOM,
            style.WIDTH,
            style.PAGE_HEIGHT - style.TOP - style.BOTTOM,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        self.addPageTemplates(
            [
                PageTemplate(
                    "first", [frame], onPage=_decorated(self._draw_first_head), onPageEnd=_decorated(self._draw_foot)
                ),
                PageTemplate("inner", [frame], onPageEnd=_decorated(self._draw_head, self._draw_foot)),
            ]
        )

    def _draw_first_head(self, canvas: "_Pages") -> None:
        canvas.setDateFormatter(lambda *_: f"D:{self._snapshot_at:%Y%m%d%H%M%S}+00'00'")
        canvas.setFillColor(style.ACCENT)
        canvas.rect(0, style.PAGE_HEIGHT - 30, style.PAGE_WIDTH, 30, stroke=0, fill=1)
        canvas.setFillColor(style.WHITE)
        canvas.setFont(BOLD, 11)
        canvas.drawString(style.MARGIN, style.PAGE_HEIGHT - 19.5, PRODUCT)
        canvas.setFont(REGULAR, 8)
        said = "Confidential: names accounts and apps of this org"
        canvas.drawRightString(style.PAGE_WIDTH - style.MARGIN, style.PAGE_HEIGHT - 18.5, said)

    def _draw_head(self, canvas: "_Pages") -> None:
        at = style.PAGE_HEIGHT - 36
        left, right = 0.4 * style.WIDTH, 0.6 * style.WIDTH
        about = self._layout.text(self._about, style.SMALL, left, LINES_OF_A_HEAD)
        about.wrap(left, style.SMALL.leading)
        about.drawOn(canvas, style.MARGIN, at)
        where = self._layout.text("  ·  ".join(filter(None, canvas.head)), style.SMALL_RIGHT, right, lines=2)
        where.wrap(right, style.SMALL.leading)
        where.drawOn(canvas, style.MARGIN + left, at)
        canvas.setStrokeColor(style.LINE)
        canvas.setLineWidth(0.5)
        canvas.line(style.MARGIN, at - 4, style.PAGE_WIDTH - style.MARGIN, at - 4)

    def _draw_foot(self, canvas: "_Pages") -> None:
        canvas.setFillColor(style.GREY)
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(style.MARGIN, 28, f"{PRODUCT}  ·  Read-only audit; nothing was changed in the org")
        canvas.saveState()
        canvas.translate(style.PAGE_WIDTH - style.MARGIN, 28)
        canvas.doForm(_number_of(self.page))
        canvas.restoreState()


def _decorated(*draw: Callable[["_Pages"], None]) -> Callable[["_Pages", BaseDocTemplate], None]:
    """What draws on a page as ReportLab calls it; none of it is content for who has the document read aloud."""

    def on_page(canvas: "_Pages", _: BaseDocTemplate) -> None:
        for each in draw:
            with canvas.structure.decoration(canvas):
                each(canvas)

    return on_page


class _Pages(Canvas):  # type: ignore[misc]
    """A canvas that knows which part of the document a page shows and, at its end, how many pages there are.

    Attributes:
        head: Section and part that the page opens with.
        structure: What is said of what is drawn.
    """

    head = _current = ("", "")

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)
        self.structure = Structure()

    def passed(self, heading: Heading, height: float) -> None:
        """Notes a heading that is drawn, at this height of the page."""
        self._current = (heading.title, "") if heading.level == 0 else (self._current[0], heading.title)
        if height > TOP_OF_A_PAGE:
            self.head = self._current

    def showPage(self) -> None:
        """Ends a page."""
        super().showPage()
        self.head = self._current

    def save(self) -> None:
        """Ends the document: only now each page's number can be said to be one of so many."""
        pages = self.getPageNumber() - 1
        for number in range(1, pages + 1):
            self.beginForm(_number_of(number), lowerx=-100, lowery=-4, upperx=1, uppery=12)
            self.setFillColor(style.GREY)
            self.setFont(REGULAR, 7.5)
            self.drawRightString(0, 0, f"Page {number} of {pages}")
            self.endForm()
        self.structure.write(self._doc)
        super().save()

    def _addAnnotation(self, annotation: Annotation, name: str | None = None, addtopage: int = 1) -> None:
        super()._addAnnotation(annotation, name, addtopage)
        self.structure.link(annotation, self.getPageNumber())


def _number_of(page: int) -> str:
    return f"number-of-page-{page}"
