"""Puts the document together: pages, contents, outline, metadata."""

from datetime import UTC
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageTemplate

from reports import style
from reports.layout import Layout
from reports.sections.accounts import accounts
from reports.sections.actions import actions
from reports.sections.appendix import appendix
from reports.sections.changes import changes
from reports.sections.checks import checks
from reports.sections.exemptions import exemptions
from reports.sections.licenses import licenses
from reports.sections.summary import summary
from reports.typesetting import BOLD, REGULAR
from reports.wording import day
from spendready_pipeline.review.facts import Review

PRODUCT = "SpendReady"
PAGE_COUNT = "page-count"


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
    _Document(content, review, layout).build(story, canvasmaker=_CountedPages)
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
        self._about = layout.text(
            f"{day(seen.snapshot_at)}  ·  {seen.org_name}", style.SMALL, style.WIDTH - 80, lines=1
        )
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
                PageTemplate("first", [frame], onPage=self._draw_first_head, onPageEnd=self._draw_foot),
                PageTemplate("inner", [frame], onPage=self._draw_head, onPageEnd=self._draw_foot),
            ]
        )

    def _draw_first_head(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setDateFormatter(lambda *_: f"D:{self._snapshot_at:%Y%m%d%H%M%S}+00'00'")
        canvas.setFillColor(style.ACCENT)
        canvas.rect(0, style.PAGE_HEIGHT - 30, style.PAGE_WIDTH, 30, stroke=0, fill=1)
        canvas.setFillColor(style.WHITE)
        canvas.setFont(BOLD, 11)
        canvas.drawString(style.MARGIN, style.PAGE_HEIGHT - 19.5, PRODUCT)
        canvas.setFont(REGULAR, 8)
        said = "Confidential: names accounts and apps of this org"
        canvas.drawRightString(style.PAGE_WIDTH - style.MARGIN, style.PAGE_HEIGHT - 18.5, said)

    def _draw_head(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        at = style.PAGE_HEIGHT - 36
        width = style.WIDTH - 80
        self._about.wrap(width, style.SMALL.leading)
        self._about.drawOn(canvas, style.MARGIN, at)
        canvas.setFillColor(style.ACCENT)
        canvas.setFont(BOLD, 8)
        canvas.drawRightString(style.PAGE_WIDTH - style.MARGIN, at + 2.5, PRODUCT)
        canvas.setStrokeColor(style.LINE)
        canvas.setLineWidth(0.5)
        canvas.line(style.MARGIN, at - 4, style.PAGE_WIDTH - style.MARGIN, at - 4)

    def _draw_foot(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setFillColor(style.GREY)
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(style.MARGIN, 28, "Read-only audit; nothing was changed in the org")
        at = style.PAGE_WIDTH - style.MARGIN - 14
        canvas.drawRightString(at, 28, f"Page {self.page} of ")
        canvas.saveState()
        canvas.translate(at, 28)
        canvas.doForm(PAGE_COUNT)
        canvas.restoreState()


class _CountedPages(Canvas):  # type: ignore[misc]
    """A canvas that knows at its end how many pages there are, and says so on each."""

    def save(self) -> None:
        """Ends the document."""
        self.beginForm(PAGE_COUNT, lowery=-4, upperx=40, uppery=12)
        self.setFillColor(style.GREY)
        self.setFont(REGULAR, 7.5)
        self.drawString(0, 0, str(self.getPageNumber() - 1))
        self.endForm()
        super().save()
