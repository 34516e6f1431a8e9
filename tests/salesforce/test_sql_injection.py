"""Names and texts of an org do no harm in SQL."""

import gzip
import json
import re
from pathlib import Path

import duckdb
import pytest

from spendready_pipeline.catalog.salesforce_objects import BOOLEAN, OBJECTS, TEXT, SalesforceObject
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.connection import Reader
from spendready_pipeline.salesforce.client.unpacking import UnpackedPages
from spendready_pipeline.salesforce.extract.load import land
from spendready_pipeline.salesforce.extract.objects import Reading, Slice, readable_fields
from spendready_pipeline.storage.warehouse import identifier, literal, open_warehouse

NOBODY = Reader(None, None, None)


def injection(stolen: Path, written: Path) -> str:
    """A field name that reads a file and writes another where it gets into SQL as it is."""
    return (
        'PermissionsX" from (select null as "Id", null as "PermissionsX"); '
        f"copy (select content from read_text('{stolen}')) to '{written}' (header false, quote ''); select $files0 --"
    )


@pytest.mark.parametrize("locked", [False, True], ids=["any connection", "the warehouse"])
def test_a_field_name_that_is_sql_is_a_name(tmp_path, locked) -> None:
    stolen, written = tmp_path / "secret", tmp_path / "written"
    stolen.write_text("secret")
    name = injection(stolen, written)
    page = tmp_path / "1.json.gz"
    page.write_bytes(
        gzip.compress(json.dumps({"totalSize": 1, "done": True, "records": [{"Id": "1", name: True}]}).encode())
    )
    thing = SalesforceObject("Thing", {"Id": TEXT}, "", permission_prefix="Permissions")
    loading = tmp_path / "loading"
    loading.mkdir()
    slices = [Slice({"Id": TEXT, name: BOOLEAN}, [page])]
    reading = Reading(thing, slices, count_before=1, count_after=1, unpacked=UnpackedPages(loading))
    opened = open_warehouse(tmp_path / "w.duckdb", folders=[loading]) if locked else duckdb.connect()
    with opened as warehouse:
        result = land(warehouse, reading, NOBODY)
        columns = [column for column, *_ in warehouse.execute("describe raw.thing").fetchall()]
        rows = warehouse.execute("from raw.thing").fetchall()
    assert not written.exists()
    assert (result.status, columns, rows) == ("read", ["Id", name], [("1", True)])


def test_a_described_name_that_salesforce_cannot_give_is_not_asked_for(tmp_path) -> None:
    names = [
        "Id",
        injection(tmp_path, tmp_path),
        'A"b',
        "1A",
        "Permissions Ä",
        "P" * 81,
        "PermissionsA",
        "PERMISSIONSA",
    ]
    described = answers.fields({"fields": [{"name": name, "type": "boolean"} for name in names]})
    thing = SalesforceObject("Thing", {"Id": TEXT}, "", permission_prefix="Permissions")
    assert described is not None
    assert list(readable_fields(thing, described)) == ["Id", "PermissionsA"]


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("from read_text('{secret}')", id="reads a file"),
        pytest.param("from read_csv('{secret}')", id="reads a table"),
        pytest.param("from glob('{folder}/*')", id="lists a folder"),
        pytest.param("copy (select 1) to '{folder}/new.csv'", id="writes a file"),
        pytest.param("copy (select 1) to '{allowed}/../new.csv'", id="writes beside a folder that is allowed"),
        pytest.param("attach '{folder}/new.duckdb'", id="makes a database"),
        pytest.param("set enable_external_access = true", id="opens the way again"),
        pytest.param("set allowed_directories = ['/']", id="allows other folders"),
        pytest.param("set global memory_limit = '1TB'", id="changes a setting"),
        pytest.param("set lock_configuration = false", id="unlocks the settings"),
        pytest.param("install httpfs", id="installs an extension"),
        pytest.param("load '{folder}/any.duckdb_extension'", id="loads an extension"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True], ids=["written", "read"])
def test_sql_in_a_warehouse_reaches_nothing_else(tmp_path, sql, read_only) -> None:
    path, secret, allowed = tmp_path / "acme/warehouse.duckdb", tmp_path / "secret", tmp_path / "acme/allowed"
    with open_warehouse(path):
        allowed.mkdir()
    secret.write_text("secret")
    before = sorted(tmp_path.rglob("*"))
    with (
        open_warehouse(path, read_only=read_only, folders=[allowed]) as warehouse,
        pytest.raises(duckdb.Error) as failed,
    ):
        warehouse.execute(sql.format(secret=secret, folder=tmp_path, allowed=allowed))
    assert re.search("disabled|locked|cannot be|Cannot", str(failed.value))
    assert sorted(each for each in tmp_path.rglob("*") if "warehouse" not in each.name) == [
        each for each in before if "warehouse" not in each.name
    ]


@pytest.mark.parametrize("text", ['a"b', "a'b", 'a""b', "a''; drop table t; --", "\\", "ä\n$1 ?"])
def test_any_name_and_any_text_is_quoted(text) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table {identifier(text)} as select {literal(text)} as {identifier(text)}")
        assert connection.execute(f"select {identifier(text)} from {identifier(text)}").fetchall() == [(text,)]
        assert connection.execute("select table_name from duckdb_tables()").fetchall() == [(text,)]


PROGRAM = Path(__file__).resolve().parents[2]
MODULES = [
    module
    for room in ("assets", "expectations", "reports", "spendready_pipeline")
    for module in (PROGRAM / room).rglob("*.py")
    if "demo_org" not in module.parts
]


def test_duckdb_is_opened_in_one_place() -> None:
    assert [each.name for each in MODULES if re.search(r"duckdb\.connect\(|sql\.connect\(", each.read_text())] == [
        "warehouse.py"
    ]


def test_every_statement_that_is_put_together_says_whose_words_it_has() -> None:
    exempt = [line for each in MODULES for line in each.read_text().splitlines() if "S608" in line]
    assert exempt
    assert [line for line in exempt if not re.search(r"# noqa: S608 - \w+", line)] == []


def test_the_catalogue_has_no_name_that_needs_quoting() -> None:
    names = {name for each in OBJECTS for name in (each.table, *each.columns)}
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,79}", name) for name in names)
