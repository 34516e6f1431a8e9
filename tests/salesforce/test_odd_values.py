"""A value that its field cannot have costs that value, not the object; the evidence keeps the page as it came."""

import gzip
import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendready_pipeline.catalog.salesforce_objects import OBJECTS, FieldType, SalesforceObject
from spendready_pipeline.salesforce.client.connection import Reader
from spendready_pipeline.salesforce.extract.load import land
from spendready_pipeline.salesforce.extract.logins import land_logins, next_window
from spendready_pipeline.salesforce.extract.objects import Reading, Slice

READER = Reader(None, None, {permission: True for each in OBJECTS for permission in each.own_rows_without})
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)

FIELDS = {
    "Id": FieldType.TEXT,
    "Name": FieldType.TEXT,
    "When": FieldType.DATETIME,
    "Day": FieldType.DATE,
    "Active": FieldType.BOOLEAN,
    "Number": FieldType.INT,
}
THING = SalesforceObject("Thing", FIELDS, remediation="nothing")
MARK = "\ufffd"

ODD: dict[FieldType, list[tuple[bytes, str | None]]] = {
    FieldType.TEXT: [
        (rb'"Ann\ud83d"', f"Ann{MARK}"),  # half a surrogate pair
        (rb'"\ude00Ann"', f"{MARK}Ann"),
        (b'"Ann\x92s"', f"Ann{MARK}s"),  # a byte of Windows-1252
        (b'"\xff\xfe"', MARK * 2),
        (rb'"a\u0000b"', f"a{MARK}b"),
        (b'"a\x00b"', f"a{MARK}b"),
        (b'{"nested": {"a": 1}}', None),
        (b'["a"]', None),
    ],
    FieldType.DATETIME: [
        (b'""', None),
        (b'"soon"', None),
        (b'"2026-02-30T00:00:00.000+0000"', None),
        (b'"20260-01-01T00:00:00.000+0000"', None),
        (b'"0001-01-01T00:00:00.000+0000"', None),
        (b"true", None),
        (b'"2026-11-01T10:11:12.000+0000\\u0000"', None),
        (b"{}", None),
    ],
    FieldType.DATE: [(b'""', None), (b'"2026-13-01"', None), (b'"9999-12-31"', None), (b"5", None), (b"[]", None)],
    FieldType.BOOLEAN: [(b'""', None), (b'"yes"', None), (b"1", None), (b"0.5", None), (b"{}", None)],
    FieldType.INT: [
        (b'"1,234"', None),
        (b'""', None),
        (b"1.5", None),
        (b"1e999", None),
        (b"true", None),
        (b"[1]", None),
    ],
}
"""Values as they stand in JSON, by the type of the field, and what is loaded for them."""


def usual(kind: FieldType, number: int) -> Any:
    """A value that a field may have, as Salesforce writes it."""
    return {
        FieldType.TEXT: f"[ä{number}] 😀",
        FieldType.DATETIME: f"{NOW - timedelta(days=number):%Y-%m-%dT%H:%M:%S}.000+0000",
        FieldType.DATE: f"{date(2026, 1, 1) + timedelta(days=number)}",
        FieldType.BOOLEAN: number % 2 == 0,
        FieldType.INT: number,
    }[kind]


def page_of(wanted: SalesforceObject, rows: int, odd: dict[tuple[int, str], bytes]) -> bytes:
    """A page of records, with odd values at some places."""
    records = []
    for number in range(rows):
        values = {
            name: json.dumps(usual(kind, number), ensure_ascii=False).encode()
            for name, kind in fields_of(wanted).items()
        }
        values["Id"] = f'"00T{number:015}"'.encode()
        values |= {name: value for (row, name), value in odd.items() if row == number}
        members = b",".join(b'"%s":%s' % (name.encode(), value) for name, value in values.items())
        records.append(b'{"attributes":{"type":"X","url":"/x"},' + members + b"}")
    return b'{"totalSize":%d,"done":true,"records":[%s]}' % (rows, b",".join(records))


def fields_of(wanted: SalesforceObject) -> dict[str, FieldType]:
    return dict(wanted.columns)


def load(wanted: SalesforceObject, *pages: bytes, columns: str = "*") -> tuple[Any, dict[str, dict[str, Any]]]:
    """Loads an object; gives what became of it and its rows by Id."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as warehouse:
        files = []
        for number, page in enumerate(pages):
            files.append(Path(folder, f"{number}.json.gz"))
            files[-1].write_bytes(gzip.compress(page))
        warehouse.execute("set TimeZone = 'UTC'")
        rows = sum(page.count(b'"attributes"') for page in pages)
        reading = Reading(wanted, [Slice(fields_of(wanted), files)], count_before=rows, count_after=rows)
        if wanted.name == "LoginHistory":
            result = land_logins(warehouse, reading, READER, "00D", next_window(None, NOW), None)
        else:
            result = land(warehouse, reading, READER)
        assert [gzip.decompress(file.read_bytes()) for file in files] == list(pages)
        found = warehouse.execute(f'select {columns} from raw."{wanted.table}" order by "Id"')
        names = [column[0] for column in found.description]
        return result, {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


@pytest.mark.parametrize(
    ("field", "value", "loaded"),
    [
        pytest.param(name, value, loaded, id=f"{kind.name} {value!r}")
        for name, kind in FIELDS.items()
        if name != "Id"
        for value, loaded in ODD[kind]
    ],
)
def test_an_odd_value_costs_that_value_alone(field, value, loaded) -> None:
    _, expected = load(THING, page_of(THING, 3, {}))
    result, found = load(THING, page_of(THING, 3, {(1, field): value}))
    expected["00T000000000000001"][field] = loaded
    assert found == expected
    assert (result.status, result.rows) == ("read", 3)
    assert (result.replaced.records, dict(result.replaced.fields)) == (1, {field: 1})


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_odd_values_in_any_object_leave_everything_else_as_it_is(data) -> None:
    wanted = data.draw(st.sampled_from(OBJECTS), label="object")
    fields = [name for name in fields_of(wanted) if name != "Id"]
    places = data.draw(st.sets(st.tuples(st.integers(0, 5), st.sampled_from(fields)), max_size=8), label="places")
    odd = {place: data.draw(st.sampled_from(ODD[fields_of(wanted)[place[1]]])) for place in sorted(places)}
    _, expected = load(wanted, page_of(wanted, 6, {}), page_of(wanted, 0, {}))
    for (row, name), (_, loaded) in odd.items():
        expected[f"00T{row:015}"][name] = loaded
    result, found = load(wanted, page_of(wanted, 6, {place: value for place, (value, _) in odd.items()}))
    assert found == expected
    assert result.status == "read"
    assert result.replaced.records == len({row for row, _ in odd})


@pytest.mark.parametrize(
    ("value", "kind", "loaded"),
    [
        pytest.param(b'"true"', "Active", True, id="true as text"),
        pytest.param(b'"12"', "Number", 12, id="a number as text"),
        pytest.param(b"12.0", "Number", 12, id="a whole number as a decimal"),
        pytest.param(b"5", "Name", "5", id="a number as a name"),
        pytest.param(b"1.50", "Name", "1.50", id="a decimal as a name"),
        pytest.param(rb'"\ud83d\ude00"', "Name", "😀", id="both halves of a pair"),
        pytest.param(b'"{not JSON"', "Name", "{not JSON", id="a name that looks like JSON"),
        pytest.param(b'"[]"', "Name", "[]", id="a name that is JSON"),
    ],
)
@pytest.mark.parametrize("beside", [{}, {(0, "Day"): b'""'}], ids=["alone", "beside an odd value"])
def test_a_value_that_can_be_read_without_doubt_is_kept(value, kind, loaded, beside) -> None:
    result, found = load(THING, page_of(THING, 2, {(1, kind): value} | beside))
    assert found["00T000000000000001"][kind] == loaded
    assert result.replaced.records == len(beside)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(b'{"totalSize":1,"done":true,"records":[{"Id":"1"},null]}', id="a record that is null"),
        pytest.param(b'{"totalSize":1,"done":true,"records":{"Id":"1"}}', id="an object of records"),
        pytest.param(b'{"totalSize":1,"done":true,"records":[{"Id":"1"}', id="cut off"),
        pytest.param(b'{"totalSize":1,"done":true,"records":' + b"[" * 100_000 + b"}", id="deep"),
        pytest.param(b'{"totalSize":1,"done":true,"records":[{"Id":"1"}], oops}', id="no JSON behind the records"),
    ],
)
def test_only_a_page_that_is_not_json_of_records_fails_the_object(page) -> None:
    result, found = load(THING, page_of(THING, 2, {}), page)
    assert (result.status, found, result.replaced.records) == ("failed", {}, 0)


def test_records_before_the_envelope_are_loaded() -> None:
    result, found = load(THING, b'{"records":[{"Id":"1","Name":"a"}],"totalSize":1,"done":true}')
    assert (result.replaced.records, found["1"]["Name"]) == (0, "a")
