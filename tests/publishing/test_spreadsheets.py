"""No cell is a formula, and nothing that is none is changed."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spendready_pipeline.spreadsheets import cell, write_csv


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "=cmd|' /C calc'!A0",
        "\tx",
    ],
)
def test_a_formula_becomes_text(formula: str) -> None:
    assert cell(formula) == f"'{formula}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "", id="null"),
        pytest.param("a=b", "a=b", id="sign-within"),
        pytest.param(" ", " ", id="blank"),
        pytest.param(True, "true", id="boolean"),
        pytest.param(-5, "-5", id="negative-number"),
        pytest.param(Decimal("-2100.00"), "-2100.00", id="negative-amount"),
        pytest.param(date(2026, 11, 23), "2026-11-23", id="date"),
        pytest.param(datetime(2026, 11, 23, 6, 0, 12, tzinfo=UTC), "2026-11-23T06:00:12Z", id="moment"),
        pytest.param(
            datetime(2026, 11, 23, 7, 0, 12, tzinfo=timezone(timedelta(hours=1))), "2026-11-23T06:00:12Z", id="zone"
        ),
        pytest.param(["a", "b"], "a; b", id="list"),
        pytest.param(["=a", "b"], "'=a; b", id="list-that-begins-like-a-formula"),
    ],
)
def test_values_are_written_as_programs_read_them(value: Any, text: str) -> None:
    assert cell(value) == text


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_save_for_the_apostrophe(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    assert write_csv(stream, ["one", "two"], rows) == len(rows)
    stream.seek(0)
    head, *read = csv.reader(stream)
    assert head == ["one", "two"]
    for row, back in zip(rows, read, strict=True):
        for text, found in zip(row, back, strict=True):
            assert found in (text, f"'{text}")
            assert found.lstrip()[:1] not in ("=", "+", "-", "@")
