"""Whatever the rows and however they are split into pages, they land as they came."""

import gzip
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendready_pipeline.catalog.salesforce_objects import BOOLEAN, DATE, DATETIME, INT, TEXT, SalesforceObject
from spendready_pipeline.evidence.archive import KeptQuery
from spendready_pipeline.salesforce.client.api_errors import SalesforceApiError
from spendready_pipeline.salesforce.client.connection import Reader
from spendready_pipeline.salesforce.client.unpacking import UnpackedPages
from spendready_pipeline.salesforce.extract.load import land
from spendready_pipeline.salesforce.extract.objects import Reading, Slice

FIELDS = {"Id": TEXT, "Name": TEXT, "When": DATETIME, "Day": DATE, "Active": BOOLEAN, "Number": INT}
THING = SalesforceObject("Thing", FIELDS, remediation="nothing")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = Reader(None, None, None)

salesforce_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
nullable = {
    "Name": salesforce_text,
    "When": st.integers(-(2**41), 2**45).map(lambda milliseconds: EPOCH + timedelta(milliseconds=milliseconds)),
    "Day": st.dates(date(1700, 1, 1), date(4000, 12, 31)),
    "Active": st.booleans(),
    "Number": st.integers(-(2**31), 2**53),
}
rows_of_things = st.lists(
    st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in nullable.items()}), max_size=12
).map(lambda rows: [{"Id": f"00T{number:015}"} | row for number, row in enumerate(rows)])


def as_sent(row: dict[str, Any]) -> dict[str, Any]:
    """A record as Salesforce writes it: attributes first, moments without a colon in the offset."""

    def text(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.strftime(f"{value.year:04}-%m-%dT%H:%M:%S.{value.microsecond // 1000:03}+0000")
        return value.isoformat() if isinstance(value, date) else value

    return {"attributes": {"type": "Thing", "url": "/x"}} | {name: text(value) for name, value in row.items()}


def pages(folder: Path, rows: Sequence[dict[str, Any]], cuts: Sequence[int], ascii_only: bool) -> list[Path]:
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    files = []
    for number, (start, end) in enumerate(pairwise(edges), 1):
        page = {"totalSize": len(rows), "done": end == len(rows), "records": [as_sent(row) for row in rows[start:end]]}
        path = folder / f"{len(list(folder.iterdir())):05}-{number}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(page, ensure_ascii=ascii_only).encode()))
        files.append(path)
    return files


def landed(reading: Reading) -> tuple[Any, list[dict[str, Any]]]:
    with duckdb.connect() as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        result = land(warehouse, reading, NOBODY)
        found = warehouse.execute('select * from raw.thing order by "Id"')
        names = [column[0] for column in found.description]
        return result, [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@settings(max_examples=60, deadline=None)
@given(rows_of_things, st.lists(st.integers(0, 12), max_size=4), st.booleans())
def test_rows_land_as_they_came_however_they_are_paged(rows, cuts, ascii_only) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = pages(Path(folder), rows, cuts, ascii_only)
        reading = Reading(THING, [Slice(FIELDS, files)], count_before=len(rows), count_after=len(rows))
        result, found = landed(reading)
    assert found == [dict.fromkeys(FIELDS) | row for row in rows]
    assert (result.status, result.rows) == ("read", len(rows))


@settings(max_examples=30, deadline=None)
@given(rows_of_things, st.lists(st.integers(0, 12), max_size=3), st.lists(st.integers(0, 12), max_size=3))
def test_fields_that_were_read_apart_meet_again(rows, cuts, other_cuts) -> None:
    left, right = {"Id": TEXT, "Name": TEXT, "When": DATETIME}, {"Id": TEXT, "Active": BOOLEAN, "Number": INT}
    with tempfile.TemporaryDirectory() as folder:
        slices = [
            Slice(
                fields, pages(Path(folder), [{k: v for k, v in row.items() if k in fields} for row in order], cut, True)
            )
            for fields, order, cut in ((left, rows, cuts), (right, rows[::-1], other_cuts))
        ]
        _, found = landed(Reading(THING, slices, missing_fields=("Day",)))
    assert found == [dict.fromkeys(FIELDS) | row | {"Day": None} for row in rows]


def test_a_folder_whose_name_looks_like_a_pattern_is_read(tmp_path) -> None:
    folder = tmp_path / "a[cme]*?"
    folder.mkdir()
    (tmp_path / "acme").mkdir()
    files = pages(folder, [{"Id": "1", "Name": "right"}], [], True)
    pages(tmp_path / "acme", [{"Id": "2", "Name": "wrong"}], [], True)
    _, found = landed(Reading(THING, [Slice(FIELDS, files)]))
    assert [row["Name"] for row in found] == ["right"]


def test_a_page_longer_than_duckdb_expects_lands(tmp_path) -> None:
    rows = [{"Id": "1", "Name": "x" * 40_000_000}]
    files = pages(tmp_path, rows, [], True)
    kept = KeptQuery("SELECT", [{"file": "1", "bytes": 1, "plain_bytes": 40_000_100}])
    _, found = landed(Reading(THING, [Slice(FIELDS, files)], [kept]))
    assert len(found[0]["Name"]) == 40_000_000


def test_what_is_hidden_is_an_empty_table_with_its_types() -> None:
    refused = SalesforceApiError("", status=400, code="INVALID_TYPE")
    with duckdb.connect() as warehouse:
        result = land(warehouse, Reading(THING, refused=refused), NOBODY)
        columns = {name: kind for name, kind, *_ in warehouse.execute("describe raw.thing").fetchall()}
    assert (result.status, result.rows, result.remediation) == ("hidden", 0, "nothing")
    assert columns == {
        "Id": "VARCHAR",
        "Name": "VARCHAR",
        "When": "TIMESTAMP WITH TIME ZONE",
        "Day": "DATE",
        "Active": "BOOLEAN",
        "Number": "BIGINT",
    }


def test_an_answer_that_is_not_records_costs_that_object_alone(tmp_path) -> None:
    page = tmp_path / "1.json.gz"
    page.write_bytes(gzip.compress(b'{"totalSize":1,"done":true,"records":["many, and personal"]}'))
    result, found = landed(Reading(THING, [Slice(FIELDS, [page])], count_before=1, count_after=1))
    assert (result.status, found) == ("failed", [])
    assert "personal" not in result.reason


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (2, 2, "read"),
        (1, 3, "read"),
        (3, 1, "read"),
        (2, 5, "read"),
        (3, 4, "short"),
        (0, 1, "short"),
        (None, 2, "short"),
        (2, None, "short"),
    ],
)
def test_rows_are_whole_when_they_lie_between_the_counts(tmp_path, before, after, status) -> None:
    files = pages(tmp_path, [{"Id": "1"}, {"Id": "2"}], [1], True)
    result, _ = landed(Reading(THING, [Slice(FIELDS, files)], count_before=before, count_after=after))
    assert result.status == status
    assert bool(result.reason) == (status == "short")


OWNED = SalesforceObject(
    "Thing", FIELDS, remediation="See Things", own_rows_without=("SeeThings",), own_rows_field="Name"
)
ME, OTHER = "005000000000001AAA", "005000000000002AAA"


@pytest.mark.parametrize(
    ("permissions", "owners", "status"),
    [
        pytest.param({"SeeThings": True}, [ME], "read", id="may see all, and they are its own"),
        pytest.param({"SeeThings": False}, [ME, OTHER], "own_rows", id="may not see all"),
        pytest.param({}, [], "own_rows", id="the org does not know the permission"),
        pytest.param(None, [ME, ME], "own_rows", id="unknown, all its own"),
        pytest.param(None, [ME[:15]], "own_rows", id="unknown, all its own by 15 characters"),
        pytest.param(None, [], "own_rows", id="unknown, none at all"),
        pytest.param(None, [ME, OTHER], "read", id="unknown, others as well"),
    ],
)
def test_rows_of_the_reader_alone_are_no_proof(tmp_path, permissions, owners, status) -> None:
    files = pages(tmp_path, [{"Id": str(number), "Name": owner} for number, owner in enumerate(owners)], [], True)
    reading = Reading(OWNED, [Slice(FIELDS, files)], count_before=len(owners), count_after=len(owners))
    with duckdb.connect() as warehouse:
        result = land(warehouse, reading, Reader(ME, "me@example.com", permissions))
    assert result.status == status
    assert result.remediation == ("See Things" if status == "own_rows" else "")


def test_permissions_beyond_the_catalogue_become_columns(tmp_path) -> None:
    thing = SalesforceObject("Thing", {"Id": TEXT}, "", permission_prefix="May", known_permissions=("Read",))
    fields = {"Id": TEXT, "MayFly": BOOLEAN}
    files = pages(tmp_path, [{"Id": "1", "MayFly": True}], [], True)
    _, found = landed(Reading(thing, [Slice(fields, files)]))
    assert found == [{"Id": "1", "MayRead": None, "MayFly": True}]


def test_a_file_that_is_written_over_has_nothing_of_the_page_before(tmp_path) -> None:
    pages = UnpackedPages(tmp_path)
    pages.put(tmp_path / "first", memoryview(b'[{"Id":"1"},{"Id":"2"}]'))
    pages.put(tmp_path / "second", memoryview(b'[{"Id":"3"}]'))
    first = pages.take(tmp_path / "first")
    assert first
    assert first.path.read_bytes() == b'[{"Id":"1"},{"Id":"2"}]'
    pages.release(first)
    third = pages.write(b'[{"Id":"4"}]')
    second = pages.take(tmp_path / "second")
    assert second
    assert second.path.read_bytes() == b'[{"Id":"3"}]'
    assert (third.path.read_bytes(), third.size) == (b'[{"Id":"4"}]', 12)
    assert len(list(tmp_path.iterdir())) == 2


def test_pages_beyond_the_room_are_unpacked_when_they_are_loaded(tmp_path) -> None:
    pages = UnpackedPages(tmp_path, max_bytes=20)
    for name in ("first", "second"):
        pages.put(tmp_path / name, memoryview(b'[{"Id":"1"}]'))
    assert pages.take(tmp_path / "first")
    assert pages.take(tmp_path / "second") is None
    pages.put(tmp_path / "third", memoryview(b'[{"Id":"1"}]'))
    assert pages.take(tmp_path / "third")
