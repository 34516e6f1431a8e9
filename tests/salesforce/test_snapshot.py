"""A snapshot is the org as it is: every object whole, kept as it came, and nothing but reading on the wire."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from demo_org.faults import Fault
from demo_org.schema import SOBJECTS
from spendready_pipeline.catalog.salesforce_objects import BY_NAME, OBJECTS, SECRET_FIELDS
from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.archive import MANIFEST
from spendready_pipeline.evidence.verify import verify
from spendready_pipeline.salesforce.client.connection import Connection
from spendready_pipeline.salesforce.client.pages import Page
from spendready_pipeline.salesforce.client.unpacking import records_of
from spendready_pipeline.salesforce.extract.snapshot import take_snapshot
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.salesforce.audits import NOW, Audit, settings_of

RETENTION = timedelta(days=183)


def test_every_field_of_the_catalogue_is_a_field_of_salesforce() -> None:
    known = {each.name: {field.name for field in each.fields} for each in SOBJECTS.values()}
    assert {each.name for each in OBJECTS} <= known.keys()
    for wanted in OBJECTS:
        assert wanted.columns.keys() <= known[wanted.name], wanted.name
        assert not {name.lower() for name in wanted.columns} & SECRET_FIELDS
        assert not wanted.own_rows_without or wanted.own_rows_field in wanted.fields


@pytest.fixture(scope="module")
def one(shared_org, tmp_path_factory):
    """A snapshot of the small org, taken once: the audit, what became of each object, what went over the wire."""
    audit = Audit(settings_of(shared_org), OrgFiles(tmp_path_factory.mktemp("data") / "demo"), [])
    shared_org.requests.clear()
    return audit, audit.run(), list(shared_org.requests)


@pytest.mark.parametrize("wanted", OBJECTS, ids=lambda each: each.name)
def test_each_object_lands_as_the_org_has_it(one, content, wanted) -> None:
    audit, extracted, _ = one
    result = extracted[wanted.name]
    assert (result.status, result.missing_fields, result.reason, result.remediation) == ("read", (), "", "")
    assert result.rows == result.count_before == result.count_after > 0
    assert audit.rows(f'select count(*) from raw."{wanted.table}"') == [(result.rows,)]
    differences = audit.differences(content, wanted.table, wanted.name, wanted.columns)
    if wanted.name == "LoginHistory":  # Salesforce keeps more than was asked for
        moment = list(wanted.fields).index("LoginTime")
        differences = [row for row in differences if row[moment] >= NOW - RETENTION]
    assert differences == []


def test_objects_come_in_the_catalogue_s_order_and_every_type_is_right(one) -> None:
    audit, extracted, _ = one
    assert list(extracted) == [each.name for each in OBJECTS]
    for wanted in OBJECTS:
        kinds = dict(
            audit.rows(
                f"select column_name, data_type from information_schema.columns "
                f"where table_schema = 'raw' and table_name = '{wanted.table}'"
            )
        )
        expected = {
            name: kind.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE") for name, kind in wanted.columns.items()
        }
        assert kinds.items() >= expected.items()
        assert all(name.startswith(wanted.permission_prefix or "?") for name in kinds.keys() - expected.keys())


def test_permissions_beyond_the_known_ones_are_read(one) -> None:
    audit, _, _ = one
    known = BY_NAME["PermissionSet"].columns
    (columns,) = zip(*audit.rows("select column_name from (describe raw.permission_set)"), strict=True)
    more = set(columns) - known.keys()
    assert more
    assert all(name.startswith("Permissions") for name in more)


def test_only_reading_went_over_the_wire_and_no_credential_was_named(one) -> None:
    _, _, requests = one
    assert [request.path for request in requests if request.method != "GET"] == ["/services/oauth2/token"]
    assert {request.status for request in requests} == {200}
    assert not [each for each in requests for secret in SECRET_FIELDS if secret in each.path.lower()]


def test_the_snapshot_says_what_it_is(one, shared_org) -> None:
    audit, extracted, requests = one
    (row,) = audit.rows(
        "select org, snapshot_at, clock_source, instance_url, api_version, reader_username, run_id, evidence_folder "
        "from raw.snapshot"
    )
    folder = "20261102T060000Z"
    assert row == ("demo", NOW, "org", shared_org.instance_url, "67.0", shared_org.username, "run-1", folder)
    calls = sum(request.path.startswith("/services/data/v") for request in requests)
    assert audit.rows("select api_calls from raw.snapshot") == [(calls,)]
    written = audit.rows('select object, status, "rows", count_before, count_after, missing_fields from raw.extraction')
    assert written == [
        (each.object, "read", each.rows, each.count_before, each.count_after, []) for each in extracted.values()
    ]
    assert audit.rows("select object, known_since from raw.extraction where known_since is not null") == [
        ("LoginHistory", NOW - RETENTION)
    ]
    granted = dict(audit.rows("select permission, granted from raw.reader_permission"))
    assert granted["ViewSetup"]
    assert not granted["ModifyAllData"]


def test_the_evidence_is_what_the_org_sent(one, shared_org) -> None:
    audit, extracted, _ = one
    assert verify(audit.files) == []
    ((name,),) = audit.rows("select evidence_folder from raw.snapshot")
    folder = audit.files.evidence / name
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["signed_in"]["username"] == shared_org.username
    assert manifest["signed_in"]["flow"] == "client_credentials"
    assert manifest["snapshot_at"] == "2026-11-02T06:00:00+00:00"
    assert manifest["org_id"] == audit.rows('select "Id" from raw.organization')[0][0]
    for said in manifest["objects"]:
        pages = [page for query in said["queries"] for page in query["pages"]]
        contents = [json.loads(gzip.decompress((folder / page["file"]).read_bytes())) for page in pages]
        assert sum(len(page["records"]) for page in contents) == said["rows"] == extracted[said["object"]].rows
        assert all(page["records"][0]["attributes"]["type"] == said["object"] for page in contents)
        assert all(query["soql"].startswith("SELECT Id, ") for query in said["queries"])
        assert extracted[said["object"]].bytes == sum(page["bytes"] for page in pages)


def test_no_secret_is_kept_or_said(one, shared_org) -> None:
    audit, _, _ = one
    secrets = [shared_org.client_secret.encode(), shared_org.refresh_token.encode(), b"Bearer", b"Authorization"]
    org_id = audit.rows('select "Id" from raw.organization')[0][0]
    secrets.append(f"{org_id[:15]}!".encode())  # how every access token begins
    said = "\n".join(audit.lines).encode()
    for path in audit.files.root.rglob("*"):
        if path.is_file():
            kept = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            assert not [secret for secret in secrets if secret in kept], path
    assert not [secret for secret in secrets if secret in said]


def test_progress_names_each_object_and_its_rows(one) -> None:
    audit, extracted, _ = one
    assert f"User, {extracted['User'].rows} rows" in audit.lines
    assert "Organization, 1 row" in audit.lines


def test_the_warehouse_is_free_between_two_objects(demo, audit) -> None:
    audit = audit(demo)
    for extracted in take_snapshot(audit.org, audit.files, "run", audit.lines.append):
        unlike_our_own = {"memory_limit": "1GB"}
        with open_warehouse(audit.files.warehouse, config=unlike_our_own) as warehouse:
            row = warehouse.execute(f'select count(*) from raw."{extracted.table}"').fetchone()
        assert row == (extracted.rows,)


def test_a_week_later_all_is_replaced_but_the_logins_which_accumulate(serve, audit) -> None:
    audit = audit(demo := serve())
    first = audit.run()["LoginHistory"]
    demo.clock.move(timedelta(days=7))
    demo.change('delete from org."PermissionSetGroupComponent"')
    demo.change(
        """insert into org."LoginHistory" by name
        select * replace ("Id" || 'x' as "Id", "LoginTime" + interval 7 day as "LoginTime")
        from org."LoginHistory" where "LoginTime" > timestamptz '2026-10-26 06:00:00Z'"""
    )
    extracted = audit.run()
    assert extracted["PermissionSetGroupComponent"].rows == 0
    assert audit.rows("select count(*) from raw.permission_set_group_component") == [(0,)]
    assert audit.rows("select count(*), max(snapshot_at) from raw.snapshot") == [(1, NOW + timedelta(days=7))]
    assert audit.rows("select count(*) from raw.extraction") == [(len(OBJECTS),)]
    assert verify(audit.files) == []
    assert sorted(each.name for each in audit.files.evidence.iterdir()) == ["20261102T060000Z", "20261109T060000Z"]
    second = extracted["LoginHistory"]
    ((new,),) = audit.rows("""select count(*) from raw.login_history where "Id" like '%x'""")
    assert 0 < new <= second.rows < first.rows
    ((stored, different),) = audit.rows('select count(*), count(distinct "Id") from raw.login_history')
    assert stored == different == first.rows + new
    assert second.known_since == first.known_since


def test_what_does_not_fit_one_query_is_read_in_several(serve, audit, content, monkeypatch) -> None:
    """Logins in windows of time, as they are many; permissions in lists of fields, as a URI must stay short."""
    monkeypatch.setattr("spendready_pipeline.salesforce.extract.logins.ROWS_A_WINDOW", 100)
    monkeypatch.setattr("spendready_pipeline.salesforce.extract.soql.MAX_URI_BYTES", 600)
    audit = audit(demo := serve())
    extracted = audit.run()
    asked = [request.path for request in demo.requests if "count()" not in request.path]
    logins, sets = BY_NAME["LoginHistory"], BY_NAME["PermissionSet"]
    assert extracted[logins.name].status == extracted[sets.name].status == "read"
    assert len([path for path in asked if "FROM LoginHistory" in path]) == -(-extracted[logins.name].rows // 100)
    lists = [path for path in asked if path.endswith("FROM PermissionSet")]
    assert len(lists) > 5
    assert max(map(len, lists)) < 700
    assert audit.differences(content, sets.table, sets.name, sets.columns) == []
    moment = list(logins.fields).index("LoginTime")
    differences = audit.differences(content, logins.table, logins.name, logins.columns)
    assert [row for row in differences if row[moment] >= NOW - RETENTION] == []


MORE_TOKENS = """
    insert into org."OauthToken" by name
    select * exclude (n) replace (
        case when "Id" is null then null else '0CQ' || printf('%09d', n) || right("Id", 6) end as "Id",
        "CreatedDate" - n * interval 1 minute as "CreatedDate"
    )
    from (select * from (select * from org."OauthToken" limit {tokens}), range({copies}) as copies(n))
"""


@pytest.mark.parametrize(
    ("tokens", "copies"), [pytest.param(25, 200, id="of several users"), pytest.param(1, 6000, id="of one user")]
)
def test_tokens_beyond_the_cap_of_a_query_all_come(serve, audit, tmp_path, tokens, copies) -> None:
    demo = serve()
    demo.change(MORE_TOKENS.format(tokens=tokens, copies=copies))
    audit = audit(demo)
    result = audit.run()["OauthToken"]
    assert result.status == "read"
    assert result.rows == result.count_before > 2500
    assert audit.rows('select count(distinct "CreatedDate") > 150 from raw.oauth_token') == [(True,)]
    assert verify(audit.files) == []


def test_tokens_that_no_condition_can_part_are_short_of_the_count(serve, audit) -> None:
    demo = serve()
    demo.change(MORE_TOKENS.format(tokens=1, copies=3000).replace("n * interval 1 minute", "interval 1 minute"))
    result = audit(demo).run()["OauthToken"]
    assert result.status == "short"
    assert 2500 <= result.rows < result.count_before
    assert "count() said" in result.reason


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(
            'delete from org."UserLogin" where "Id" in (select "Id" from org."UserLogin" limit 5)', id="some vanish"
        ),
        pytest.param('insert into org."UserLogin" select * from org."UserLogin" limit 5', id="some come"),
    ],
)
def test_an_org_that_changes_while_it_is_read_is_whole(serve, audit, sql) -> None:
    demo = serve(faults=[Fault(containing="SELECT count() FROM UserLogin", nth=2, sql=sql)])
    result = audit(demo).run()["UserLogin"]
    assert abs(result.count_before - result.count_after) == 5
    assert result.status == "read"


def test_rows_that_salesforce_counts_and_does_not_give_are_short(serve, audit) -> None:
    """Between both counts the rows are gone, and then they are back."""
    away = Fault(
        containing="SELECT Id, UserId, IsFrozen",
        sql='create table org.aside as from org."UserLogin"; delete from org."UserLogin"',
    )
    back = Fault(containing="SELECT count() FROM UserLogin", nth=2, sql='insert into org."UserLogin" from org.aside')
    result = audit(serve(faults=[away, back])).run()["UserLogin"]
    assert (result.status, result.rows) == ("short", 0)
    assert result.reason == f"0 rows were read, count() said {result.count_before}"


def test_a_held_warehouse_is_found_out_before_anything_is_read(demo, audit) -> None:
    audit = audit(demo)
    with open_warehouse(audit.files.warehouse):
        pass
    code = f"import duckdb; c = duckdb.connect({str(audit.files.warehouse)!r}); print('open', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(OrgError, match="is held by another program"):
            audit.run()
    finally:
        holder.communicate(b"\n")
    assert not [request for request in demo.requests if "FROM Organization" in request.path]


def test_an_odd_value_is_replaced_and_counted_and_stays_in_the_evidence(demo, audit, monkeypatch) -> None:
    undisturbed = audit(demo)
    undisturbed.run()
    rows = undisturbed.rows('select * exclude ("Name"), "Name" from raw."user" order by "Id"')
    pages = Connection.pages

    def pages_with_an_odd_value(self, soql: str) -> Iterator[Page]:
        for page in pages(self, soql):
            plain = gzip.decompress(page.content)
            if f"{soql} ".count(" FROM User ") == 1:
                plain = plain.replace(b'"Name":"', b'"Name":"\x92', 1)
            yield replace(page, content=gzip.compress(plain), records=records_of(plain))

    monkeypatch.setattr(Connection, "pages", pages_with_an_odd_value)
    disturbed = audit(demo)
    shutil.rmtree(disturbed.files.root)
    read = disturbed.run()
    assert read["User"].status == "read"
    assert read["User"].replaced.records == 1
    assert any("User, 60 rows; warning: 1 record has a value" in line for line in disturbed.lines)
    assert disturbed.rows("from raw.replaced_value") == [("User", "Name", 1)]
    changed = [
        (before, after)
        for before, after in zip(
            rows, disturbed.rows('select * exclude ("Name"), "Name" from raw."user" order by "Id"'), strict=True
        )
        if before != after
    ]
    ((before, after),) = changed
    assert after == (*before[:-1], f"\ufffd{before[-1]}")
    (page,) = disturbed.files.evidence.glob("2*/User/*.gz")
    assert b'"Name":"\x92' in gzip.decompress(page.read_bytes())
    assert not disturbed.files.loading.exists()
