"""Page one as a picture: the right page, of the width that was asked for, in its colours."""

from io import BytesIO

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from reports.preview import page_one


def test_the_picture_is_of_page_one() -> None:
    document = BytesIO()
    pages = Canvas(document, pagesize=(200, 400))
    for colour in ("#b42318", "#175cd3"):
        pages.setFillColor(colour)
        pages.rect(0, 200, 200, 200, stroke=0, fill=1)
        pages.showPage()
    pages.save()
    with Image.open(BytesIO(page_one(document.getvalue(), 600))) as picture:
        assert (picture.format, picture.size) == ("PNG", (600, 1200))
        drawn = picture.convert("RGB")
    assert drawn.getpixel((300, 300)) == (0xB4, 0x23, 0x18)
    assert drawn.getpixel((300, 900)) == (255, 255, 255)
