"""Whatever text comes, it is answered or refused; whatever value is quoted, it is the value that was meant."""

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from demo_org.schema import create_tables
from demo_org.soql.engine import Engine, SoqlError

from .conftest import ADMIN, NOW

FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VOCABULARY = r"""
SELECT FROM WHERE AND OR NOT IN LIKE GROUP BY HAVING ORDER ASC DESC NULLS FIRST LAST LIMIT OFFSET FOR VIEW ALL ROWS AS
User LoginHistory PermissionSet Assignments Id Name UserId Profile.Name Profile LoginTime IsActive Status COUNT()
COUNT(Id) MAX(LoginTime) DAY_ONLY(LoginTime) FIELDS(ALL) ( ) , = != < >= ' '' 'x' '%' '005000000000001' '\u0000' 5 -1
1e999 2026-11-01 2026-13-01 2026-11-01T00:00:00Z TODAY LAST_N_DAYS:3 null true ; -- /* $1 ? { } "x" org. planted.finding
"""
WORDS = VOCABULARY.split()
QUERIES = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
CONDITIONS = st.lists(st.sampled_from(WORDS), max_size=10).map(
    lambda words: "SELECT Id FROM User WHERE " + " ".join(words)
)


@given(st.text(max_size=60) | QUERIES | CONDITIONS)
@example("SELECT Id FROM User WHERE Name = '\\u0000'")
@example("SELECT Id FROM User WHERE Name = '\ud83d'")
@example("SELECT Id FROM User LIMIT " + "9" * 5000)
@example("SELECT Id FROM User WHERE CreatedDate = LAST_N_DAYS:" + "9" * 5000)
@example("SELECT Id FROM User WHERE NumberOfFailedLogins = " + "9" * 5000)
@example("SELECT Id FROM User WHERE NumberOfFailedLogins IN (1, 1e999, -1e999)")
@FAST
def test_any_text_is_answered_or_refused(engine, soql):
    try:
        found = engine.query(soql, ADMIN, 66.0)
    except SoqlError:
        return
    with found:
        assert len(found.rows(0, 10)) == (0 if found.kind == "count" else min(10, found.total_size))
        assert "never shown" not in found.page_json(0, 100)


def _quoted(text: str) -> str:
    escapes = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"', "'": "\\'", "\\": "\\\\"}
    return "'" + "".join(escapes.get(character, character) for character in text) + "'"


@pytest.fixture(scope="module")
def token():
    """An org with one OAuth token, whose app can be named anything."""
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute('INSERT INTO org."OauthToken" ("UseCount") VALUES (1)')
        yield connection


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(TEXTS)
@example("\\")
@example("'; DROP TABLE org.User --")
@FAST
def test_a_quoted_string_is_the_text_that_was_meant(token, text):
    token.execute('UPDATE org."OauthToken" SET "AppName" = ?', [text])
    with Engine(token, NOW).query(
        f"SELECT AppName FROM OauthToken WHERE AppName = {_quoted(text)}", ADMIN, 66.0
    ) as found:
        assert [row["AppName"] for row in found.rows(0, 9)] == [text]


@given(TEXTS, TEXTS)
@example("%", "x")
@example("_", "x")
@example("\\%", "\\x")
@FAST
def test_an_escaped_pattern_is_like_itself_alone(token, text, other):
    token.execute('UPDATE org."OauthToken" SET "AppName" = ?', [other])
    pattern = _quoted(text).replace("%", "\\%").replace("_", "\\_")
    with Engine(token, NOW).query(f"SELECT COUNT() FROM OauthToken WHERE AppName LIKE {pattern}", ADMIN, 66.0) as found:
        same = token.execute("SELECT lower(?) = lower(?)", [text, other]).fetchone()
        assert found.total_size == int(same[0])


@given(st.integers(0, 0x10FFFF).filter(lambda point: not 0xD800 <= point <= 0xDFFF))
@example(0x1F600)
@FAST
def test_a_character_may_be_written_by_its_utf_16_code(token, point):
    character = chr(point)
    codes = character.encode("utf-16-be").hex()
    written = "".join(f"\\u{codes[place : place + 4]}" for place in range(0, len(codes), 4))
    token.execute('UPDATE org."OauthToken" SET "AppName" = ?', [character])
    with Engine(token, NOW).query(f"SELECT COUNT() FROM OauthToken WHERE AppName = '{written}'", ADMIN, 66.0) as found:
        assert found.total_size == 1
