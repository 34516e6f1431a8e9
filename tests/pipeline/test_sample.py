"""The sample report and the README's picture of it are what the program makes today."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat
from pypdf import PdfReader

from reports import build
from reports.preview import page_one
from spendready_pipeline.review import read_review
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.pipeline.companies import REPOSITORY, Company
from tests.pipeline.sample import PICTURE, PICTURE_WIDTH, SAMPLE

MOST_BYTES = 600_000


@pytest.mark.slow  # three whole audits
@pytest.mark.xdist_group("third week")
def test_the_sample_is_the_demo_orgs_third_week(third_week: Company) -> None:
    with open_warehouse(third_week.files.warehouse) as warehouse:
        review = read_review(warehouse)
    text = "".join(page.extract_text() for page in PdfReader(SAMPLE).pages)
    # A free port, and the hash of evidence that names it and this machine's clock, are each run's own.
    port, sha256 = re.findall(r"localhost:(\d+)", text)[0], re.findall(r"\b[0-9a-f]{64}\b", text)[0]
    snapshot = replace(review.snapshot, instance_url=f"https://localhost:{port}", manifest_sha256=sha256)
    assert build(replace(review, snapshot=snapshot)) == SAMPLE.read_bytes(), "make sample writes it anew"


def test_the_picture_is_its_first_page() -> None:
    today = BytesIO(page_one(SAMPLE.read_bytes(), PICTURE_WIDTH))
    with Image.open(PICTURE) as picture, Image.open(today) as drawn:
        difference = ImageChops.difference(picture.convert("RGB"), drawn.convert("RGB"))
    assert max(ImageStat.Stat(difference).mean) < 2, "make sample writes it anew"


def test_the_sample_is_small_and_the_readme_shows_it() -> None:
    assert SAMPLE.stat().st_size < MOST_BYTES
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for each in (SAMPLE, PICTURE):
        assert str(each.relative_to(REPOSITORY)) in readme
