"""Page one as a picture, for those who look at the report before they open it."""

from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]

COLOURS = 64
"""Enough for text, rules and the severities' colours; a third of the size that all colours take."""


def page_one(document: bytes, width: int) -> bytes:
    """Draws page one.

    Args:
        document: The PDF.
        width: Of the picture, in pixels.

    Returns:
        A PNG; an A4 page of 600 pixels takes some 35 kB.
    """
    picture = BytesIO()
    with pypdfium2.PdfDocument(document) as pdf:
        page = pdf[0]
        page.render(scale=width / page.get_width()).to_pil().quantize(COLOURS).save(picture, "PNG", optimize=True)
    return picture.getvalue()
