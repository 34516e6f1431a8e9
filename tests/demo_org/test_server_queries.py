"""Queries at the wire: pages, locators, the caps of some objects, and how a query is refused."""

from datetime import UTC, datetime

import duckdb
import pytest

from demo_org.cursors import CURSOR_SECONDS, Cursors
from demo_org.soql.engine import Engine, Reader

LOGINS = "SELECT Id, LoginTime FROM LoginHistory ORDER BY Id"
TOKENS = "SELECT UserId, AppName, CreatedDate FROM OauthToken"
BAD_LOCATOR = (400, "INVALID_QUERY_LOCATOR", "invalid query locator")
MORE_TOKENS = """
    insert into org."OauthToken" ("Id", "UserId", "AppName", "CreatedDate", "UseCount")
    select null, (select min("Id") from org."User"), 'Load ' || n, timestamptz '2026-10-01 00:00:00+00', n
    from range(4000) as load(n)
"""


def test_a_small_answer_is_one_page(client):
    page = client.query("SELECT Id, Name FROM Organization").json()
    [organization] = page["records"]
    assert page == {"totalSize": 1, "done": True, "records": [organization]}
    assert organization["attributes"]["type"] == "Organization"
    assert organization["attributes"]["url"].endswith(f"/sobjects/Organization/{organization['Id']}")


def test_a_count_has_no_records(client):
    count = client.query("SELECT count() FROM LoginHistory").json()
    assert count == {"totalSize": len(client.rows(LOGINS)), "done": True, "records": []}


def test_pages_hold_2000_records_and_every_row_once(client):
    pages = client.pages(LOGINS)
    total = pages[0]["totalSize"]
    assert total > 4000
    assert {page["totalSize"] for page in pages} == {total}
    assert [len(page["records"]) for page in pages] == [2000] * (total // 2000) + [total % 2000]
    assert list(pages[0]) == ["totalSize", "done", "nextRecordsUrl", "records"]
    assert list(pages[-1]) == ["totalSize", "done", "records"]
    ids = [record["Id"] for page in pages for record in page["records"]]
    assert ids == sorted(set(ids))
    cursor, start = pages[0]["nextRecordsUrl"].rsplit("/", 1)[1].split("-")
    assert (cursor[:3], len(cursor), start) == ("01g", 18, "2000")


@pytest.mark.parametrize(("wanted", "given"), [("200", 200), ("1", 200), ("1500", 1500), ("99999", 2000)])
def test_the_client_may_ask_for_smaller_pages(client, wanted, given):
    page = client.query(LOGINS, **{"Sforce-Query-Options": f"batchSize={wanted}"}).json()
    assert len(page["records"]) == given


def test_a_locator_gives_the_same_page_again_with_or_without_slash(client):
    more = client.query(LOGINS).json()["nextRecordsUrl"]
    answers = [client.send("GET", path).json() for path in (more, f"{more}/", more)]
    assert answers[0] == answers[1] == answers[2]


def test_pages_are_a_snapshot_while_the_org_goes_on(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    first = client.query(LOGINS).json()
    client.org.change('delete from org."LoginHistory"')
    rest = client.send("GET", first["nextRecordsUrl"]).json()
    assert len(rest["records"]) == 2000
    assert client.query("SELECT count() FROM LoginHistory").json()["totalSize"] == 0


@pytest.mark.parametrize("locator", ["nonsense", "01g000000000000AAA-2000", "01g000000000000AAA", "' OR 1=1"])
def test_an_unknown_locator(client, locator):
    assert client.refusal(client.get(f"/query/{locator}")) == BAD_LOCATOR


def test_a_locator_beyond_the_last_row(client):
    page = client.query(LOGINS).json()
    more = page["nextRecordsUrl"].rsplit("-", 1)[0]
    assert client.refusal(client.send("GET", f"{more}-{page['totalSize']}")) == BAD_LOCATOR
    assert client.send("GET", f"{more}-{page['totalSize'] - 1}").json()["done"] is True


def test_a_locator_is_of_its_session_alone(client, sign_in):
    more = client.query(LOGINS).json()["nextRecordsUrl"]
    other = sign_in(client.org)
    assert other.refusal(other.send("GET", more)) == BAD_LOCATOR
    assert client.send("GET", more).status_code == 200


def test_a_locator_dies_with_its_session(serve_demo_org, sign_in):
    org = serve_demo_org()
    before = sign_in(org)
    more = before.query(LOGINS).json()["nextRecordsUrl"]
    org.end_sessions()
    assert before.refusal(before.send("GET", more))[:2] == (401, "INVALID_SESSION_ID")
    after = sign_in(org)
    assert after.refusal(after.send("GET", more)) == BAD_LOCATOR


def test_cursors_live_two_days_and_the_oldest_give_way(org_file):
    seconds = 0.0
    cursors = Cursors(clock=lambda: seconds, kept=2)
    engine = Engine(duckdb.connect(org_file(), read_only=True), datetime(2026, 11, 2, tzinfo=UTC))
    anybody = Reader("005000000000000AAA", frozenset())

    def opened():
        return cursors.open(engine.query("SELECT Id FROM User", anybody, 67.0), 200, "a session")

    first, second = opened(), opened()
    assert cursors.find(first.id, "a session") is first
    third = opened()
    assert cursors.find(first.id, "a session") is None
    seconds = float(CURSOR_SECONDS)
    assert cursors.find(second.id, "a session") is second
    seconds += 1
    assert cursors.find(third.id, "a session") is None


def test_oauth_tokens_come_500_a_page_and_never_more_than_2500(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    client.org.change(MORE_TOKENS)
    count = client.query("SELECT count() FROM OauthToken").json()["totalSize"]
    pages = client.pages(TOKENS, **{"Sforce-Query-Options": "batchSize=2000"})
    assert count > 4000
    assert [len(page["records"]) for page in pages] == [500] * 5
    assert {page["totalSize"] for page in pages} == {count}
    assert pages[-1]["done"] is True
    more = pages[0]["nextRecordsUrl"].rsplit("-", 1)[0]
    assert client.refusal(client.send("GET", f"{more}-2500")) == BAD_LOCATOR
    few = client.pages(f"{TOKENS} WHERE AppName LIKE 'Load 1%' LIMIT 700")
    assert [len(page["records"]) for page in few] == [500, 200]


def test_without_permission_only_ones_own_rows(serve_demo_org, sign_in):
    lacks = frozenset({"CustomizeApplication", "ManageUsers", "MonitorLoginHistory"})
    client = sign_in(serve_demo_org(reader_lacks=lacks))
    reader = client.send("GET", "/services/oauth2/userinfo").json()["user_id"]
    for name in ("OauthToken", "LoginHistory"):
        assert {row["UserId"] for row in client.rows(f"SELECT UserId FROM {name}")} <= {reader}
    assert {row["UsersId"] for row in client.rows("SELECT UsersId FROM AuthSession")} <= {reader}
    assert client.refusal(client.query("SELECT Id FROM UserLogin"))[:2] == (400, "INVALID_TYPE")


def test_the_reader_learns_its_own_permissions(demo_org, serve_demo_org, sign_in):
    fields = ("PermissionsCustomizeApplication", "PermissionsManageUsers", "PermissionsModifyAllData")
    asked = f"SELECT {', '.join(fields)} FROM UserPermissionAccess"
    [whole] = sign_in(demo_org).rows(asked)
    assert whole["PermissionsCustomizeApplication"] is True
    assert whole["PermissionsManageUsers"] is True
    assert whole["PermissionsModifyAllData"] is False
    [less] = sign_in(serve_demo_org(reader_lacks=frozenset({"CustomizeApplication"}))).rows(asked)
    assert less["PermissionsCustomizeApplication"] is False


def test_deleted_records_come_with_query_all(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    soql = "SELECT Id FROM AppMenuItem"
    before = client.get("/query", q=soql).json()["totalSize"]
    client.org.change(
        'update org."AppMenuItem" set "IsDeleted" = true where "Id" = (select min("Id") from org."AppMenuItem")'
    )
    assert client.get("/query", q=soql).json()["totalSize"] == before - 1
    assert client.get("/queryAll", q=soql).json()["totalSize"] == before


@pytest.mark.parametrize(
    ("version", "soql", "expected"),
    [
        ("67.0", "SELECT Id FROM User JOIN Profile", "MALFORMED_QUERY"),
        ("67.0", "", "MALFORMED_QUERY"),
        ("67.0", "SELECT Nope FROM User", "INVALID_FIELD"),
        ("67.0", "SELECT Id FROM Nope", "INVALID_TYPE"),
        ("67.0", "SELECT Id FROM LoginHistory WHERE Status = 'Success'", "INVALID_FIELD"),
        ("67.0", "SELECT Id FROM User LIMIT 5 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("67.0", "SELECT Id FROM User WHERE IsActive > true", "INVALID_QUERY_FILTER_OPERATOR"),
        ("63.0", "SELECT IsAssociatedWithJwtAccessToken FROM AuthSession", "INVALID_FIELD"),
        ("40.0", "SELECT PermissionsApiEnabled FROM UserPermissionAccess", "INVALID_TYPE"),
        ("64.0", "SELECT Id FROM UserLicense WHERE UsedLicenses > 0", "INVALID_FIELD"),
    ],
)
def test_a_query_is_refused(demo_org, sign_in, version, soql, expected):
    client = sign_in(demo_org, version)
    status, code, message = client.refusal(client.query(soql))
    assert (status, code) == (400, expected)
    assert message


def test_the_refusal_of_a_field_is_worded_as_salesforces(client):
    message = client.refusal(client.query("SELECT Id FROM LoginHistory WHERE Status = 'Success'"))[2]
    assert message.endswith("field 'Status' can not be filtered in a query call")
    message = client.refusal(client.query("SELECT Id, Nope FROM User"))[2]
    assert "ERROR at Row:1:Column:12\nNo such column 'Nope' on entity 'User'." in message


def test_version_gated_fields_are_there_from_their_version_on(demo_org, sign_in):
    assert sign_in(demo_org, "64.0").rows("SELECT IsAssociatedWithJwtAccessToken FROM AuthSession")
    assert sign_in(demo_org, "63.0").rows("SELECT Id FROM UserLicense WHERE UsedLicenses > 0")


def test_hidden_objects_and_fields_do_not_exist(serve_demo_org, sign_in):
    org = serve_demo_org(
        hidden_objects=frozenset({"AppMenuItem"}), without_fields={"OauthToken": frozenset({"CreatedDate"})}
    )
    client = sign_in(org)
    assert client.refusal(client.query("SELECT Id FROM AppMenuItem"))[:2] == (400, "INVALID_TYPE")
    assert client.refusal(client.query("SELECT CreatedDate FROM OauthToken"))[:2] == (400, "INVALID_FIELD")
    assert client.rows("SELECT AppName, LastUsedDate FROM OauthToken")
