"""No cell is a formula under any list separator, and other text stays as it is."""

import csv
import io
import os
import shutil
import subprocess
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spendready_pipeline.storage.safe_csv import CSV_ENCODING, cell, write_csv

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
SEPARATORS = ";,|\t\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        *((f"{sign}1+1", f"'{sign}1+1") for sign in SIGNS),
        ("  =1", "'  =1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("\tx", "'\tx"),
        ("\r\nx", "'\nx"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\n'=1"),
    ],
)
def test_a_formula_becomes_text(text: str, written: str) -> None:
    assert cell(text) == written


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("separator", [*SEPARATORS, "\r", "; ", ';"', '; "', ',""'])
def test_a_formula_after_a_separator_within_a_name_becomes_text(separator: str, sign: str) -> None:
    separator_written = separator.replace("\r", "\n")
    assert cell(f"Sync{separator}{sign}cmd") == f"Sync{separator_written}'{sign}cmd"


@pytest.mark.parametrize("text", ["Sync;=cmd", "=1", "\t=1", "a\n- b", 'a;"=b', "'=a"])
def test_what_was_read_back_is_written_as_it_was(text: str) -> None:
    assert cell(cell(text)) == cell(text)


def test_control_characters_other_than_tab_and_newline_are_dropped() -> None:
    every = "".join(chr(code) for code in range(0xA1))
    assert [each for each in cell(f"x{every}") if unicodedata.category(each) == "Cc"] == ["\t", "\n", "\n"]
    assert cell("a\x00b\x1b[2Jc\x85d") == "ab[2Jcd"
    assert cell("Sync;\x00=cmd") == "Sync;'=cmd"


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


def test_every_cell_is_quoted() -> None:
    stream = io.StringIO(newline="")
    write_csv(stream, ["one", "two"], [["a", None], [1, True]])
    assert stream.getvalue() == '"one","two"\r\n"a",""\r\n"1","true"\r\n'


HOSTILE = st.text(st.sampled_from([*SIGNS, *SEPARATORS, *"\"' \rax\x00\x0b\x85"]), max_size=12) | st.text()


@given(st.lists(st.lists(HOSTILE, min_size=2, max_size=2), max_size=5))
def test_no_separator_makes_a_formula_of_any_text(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    assert write_csv(stream, ["one", "two"], rows) == len(rows)
    for separator in ",;\t|":
        stream.seek(0)
        for row in csv.reader(stream, delimiter=separator):
            for found in row:
                assert found.lstrip()[:1] not in set(SIGNS), (separator, stream.getvalue())


@given(st.lists(st.lists(HOSTILE, min_size=2, max_size=2), max_size=5))
def test_programs_read_back_every_text_save_for_apostrophes_and_control_characters(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    write_csv(stream, ["one", "two"], rows)
    stream.seek(0)
    head, *read = csv.reader(stream)
    assert head == ["one", "two"]
    assert [[_letters(text) for text in row] for row in read] == [[_letters(text) for text in row] for row in rows]


def _letters(text: str) -> str:
    return "".join(
        each for each in text.replace("'", "").replace("\r", "") if each in "\t" or unicodedata.category(each) != "Cc"
    )


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("separator", [44, 59], ids=["comma", "semicolon"])
def test_libreoffice_makes_no_formula_of_a_name(tmp_path: Path, separator: int) -> None:
    source = tmp_path / "names.csv"
    with source.open("w", encoding=CSV_ENCODING, newline="") as stream:
        write_csv(stream, ["app", "user"], [["Sync;=1+1", "=1+1"], ['Sync,"=1+1', "a\n=1+1"]])
    subprocess.run(
        ["soffice", "--headless", f"--infilter=CSV:{separator},34,76", "--convert-to", "fods", source],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path)},
        check=True,
        timeout=120,
    )
    assert "table:formula" not in (tmp_path / "names.fods").read_text(encoding="utf-8")
