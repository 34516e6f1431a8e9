"""Documents of hand-made warehouses, and their text as a reader's program sees it."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from reports import build
from spendready_pipeline.review import Review, read_review
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review import warehouses

ReviewOf = Callable[..., Review]


class Document:
    """A PDF, and what can be read from it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reader = PdfReader(BytesIO(content))
        self.pages = [squeezed(page.extract_text()) for page in self.reader.pages]

    @property
    def text(self) -> str:
        """All of its text, without blanks: where a line breaks is not what a test is about."""
        return "".join(self.pages)

    def __contains__(self, text: str) -> bool:
        return squeezed(text) in self.text


def squeezed(text: str) -> str:
    """The text without any blanks."""
    return re.sub(r"\s+", "", text)


@pytest.fixture
def review_of(tmp_path: Path) -> ReviewOf:
    """Writes a warehouse with these rows (see tests/review/warehouses.py) and reads its review."""

    def read(*args: Any, **kwargs: Any) -> Review:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"
        with open_warehouse(warehouses.build(path, *args, **kwargs)) as connection:
            return read_review(connection)

    return read


@pytest.fixture
def document_of(review_of: ReviewOf) -> Callable[..., Document]:
    """The document of a warehouse with these rows."""

    def make(*args: Any, **kwargs: Any) -> Document:
        return Document(build(review_of(*args, **kwargs)))

    return make
