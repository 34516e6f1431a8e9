"""The weekly document: `build(review)` gives the PDF's bytes. Code only, never output."""

from reports.document import build

__all__ = ["build"]
