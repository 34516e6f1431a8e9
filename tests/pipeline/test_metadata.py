"""What Dagster keeps of a run beside its numbers: a picture of page one, and tables."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

from PIL import Image

import reports
from reports.preview import page_one
from spendready_pipeline.orchestration.metadata import picture, table
from spendready_pipeline.review import read_review
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review.warehouses import build, finding


def test_the_picture_of_page_one_is_small_enough_for_an_event(tmp_path: Path) -> None:
    findings = [finding("stale_oauth_token", number) for number in range(300)]
    with open_warehouse(build(tmp_path / "warehouse.duckdb", findings)) as warehouse:
        document = reports.build(read_review(warehouse))
    text = picture("Page one", page_one(document, 600)).value
    (encoded,) = re.fullmatch(r"!\[Page one\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", text).groups()
    assert Image.open(BytesIO(b64decode(encoded))).width == 600
    assert len(text) < 100_000


def test_a_table_has_columns_of_numbers_and_of_texts() -> None:
    shown = table([{"week of": "2026-11-09", "critical": 2}, {"week of": "2026-11-16", "critical": 0}])
    assert [(each.name, each.type) for each in shown.schema.columns] == [("week of", "string"), ("critical", "int")]
    assert [dict(each.data) for each in shown.records][1] == {"week of": "2026-11-16", "critical": 0}
    assert table([]).schema.columns == []
