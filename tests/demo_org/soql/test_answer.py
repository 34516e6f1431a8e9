"""Paging: any page, any number of times, of what the query found at the time; CSV for the Bulk API."""

import duckdb
import pytest

from demo_org.schema import create_tables
from demo_org.soql.engine import Engine

from .conftest import ADMIN, NOW


@pytest.fixture
def many():
    """An org of 1,000 logins, written in a mixed order."""
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute(
            """
            INSERT INTO org."LoginHistory" ("Id", "Browser", "LoginTime")
            SELECT '0Ya' || lpad(i::VARCHAR, 12, '0') || 'AAA', 'Chrome',
                   TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(i)
            FROM (SELECT (n * 7) % 1000 AS i FROM range(1000) AS t(n))
            """
        )
        yield connection


def _ids(rows):
    return [int(row["Id"][3:15]) for row in rows]


def test_pages_follow_the_order_and_can_be_fetched_again(many):
    with Engine(many, NOW).query("SELECT Id FROM LoginHistory ORDER BY LoginTime", ADMIN, 66.0) as found:
        assert _ids(found.rows(990, 200)) == list(range(990, 1000))
        assert _ids(found.rows(200, 200)) == list(range(200, 400))
        assert _ids(found.rows(0, 200)) == list(range(200))
        assert _ids(found.rows(200, 200)) == list(range(200, 400))
        assert found.rows(1000, 200) == []


def test_an_answer_is_a_snapshot(many):
    with Engine(many, NOW).query("SELECT Id, Browser FROM LoginHistory", ADMIN, 66.0) as found:
        many.execute("""UPDATE org."LoginHistory" SET "Browser" = 'Firefox'""")
        many.execute("""DELETE FROM org."LoginHistory" WHERE "Id" > '0Ya000000000500'""")
        rows = found.rows(0, 2000)
        assert sorted(_ids(rows)) == list(range(1000))
        assert {row["Browser"] for row in rows} == {"Chrome"}


def test_answers_stand_side_by_side_and_are_freed(many):
    engine = Engine(many, NOW)
    first = engine.query("SELECT Id FROM LoginHistory LIMIT 1", ADMIN, 66.0)
    second = engine.query("SELECT Browser FROM LoginHistory LIMIT 2", ADMIN, 66.0)
    assert (len(first.rows(0, 9)), len(second.rows(0, 9))) == (1, 2)
    first.close()
    assert len(second.rows(0, 9)) == 2
    with pytest.raises(duckdb.ConnectionException):
        first.rows(0, 9)
    second.close()
    assert many.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'answer'").fetchone() == (0,)


def test_csv(answer):
    soql = (
        "SELECT Id, Name, FirstName, IsActive, LastLoginDate, Manager.Profile.Name FROM User "
        "WHERE Username IN ('ann@acme.test', 'bob@acme.test') ORDER BY Username"
    )
    with answer(soql) as found:
        assert not found.has_children
        assert found.csv_header() == '"Id","Name","FirstName","IsActive","LastLoginDate","Manager.Profile.Name"\n'
        assert found.csv(0, 10) == (
            '"005000000000001AAA","Ann Able","Ann","true","2026-11-01T10:11:12.500Z",""\n'
            '"005000000000002AAA","bob ""B"" O\'Neil","bob","false","","System Administrator"\n'
        )
        assert found.csv(1, 1).startswith('"005000000000002AAA"')
        assert found.csv(2, 10) == ""


def test_csv_with_another_delimiter_and_line_ending(answer):
    with answer("SELECT AppName, UseCount FROM OauthToken WHERE UseCount = 7") as found:
        assert found.csv_header("|", "\r\n") == '"AppName"|"UseCount"\r\n'
        assert found.csv(0, 1, "|", "\r\n") == '"Data, ""Loader"""|"7"\r\n'


def test_csv_of_a_day_and_of_aggregates(answer):
    with answer("SELECT ExpirationDate FROM PermissionSetLicense") as found:
        assert found.csv(0, 1) == '"2027-01-31"\n'
    with answer("SELECT AVG(UseCount) mean, COUNT(Id) FROM OauthToken") as found:
        assert found.csv_header() + found.csv(0, 1) == '"mean","expr0"\n"3.5","0"\n'


def test_csv_has_no_place_for_child_records(answer):
    with answer("SELECT Id, (SELECT Id FROM Assignments) FROM PermissionSet") as found:
        assert found.has_children
        with pytest.raises(ValueError, match="child records"):
            found.csv(0, 1)


@pytest.mark.parametrize(
    "text", ['quote " and \\ backslash', "line\nbreak\ttab", "Ünïcode 😀", "\x01 control", "comma,"]
)
def test_any_text_comes_through_as_it_is(text):
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute('INSERT INTO org."OauthToken" ("AppName") VALUES (?)', [text])
        with Engine(connection, NOW).query("SELECT AppName FROM OauthToken", ADMIN, 66.0) as found:
            assert found.rows(0, 1)[0]["AppName"] == text
            assert found.csv(0, 1) == '"' + text.replace('"', '""') + '"\n'
