"""Date literals: each spans what the SOQL Reference says, seen from Friday, 20 November 2026."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from demo_org.schema import create_tables
from demo_org.soql.engine import Engine

from .conftest import ADMIN, NOW

SPANS = [
    ("YESTERDAY", "2026-11-19", "2026-11-20"),
    ("TODAY", "2026-11-20", "2026-11-21"),
    ("tomorrow", "2026-11-21", "2026-11-22"),
    ("LAST_WEEK", "2026-11-08", "2026-11-15"),
    ("THIS_WEEK", "2026-11-15", "2026-11-22"),
    ("NEXT_WEEK", "2026-11-22", "2026-11-29"),
    ("LAST_MONTH", "2026-10-01", "2026-11-01"),
    ("THIS_MONTH", "2026-11-01", "2026-12-01"),
    ("NEXT_MONTH", "2026-12-01", "2027-01-01"),
    ("LAST_90_DAYS", "2026-08-22", "2026-11-21"),
    ("NEXT_90_DAYS", "2026-11-21", "2027-02-19"),
    ("LAST_N_DAYS:1", "2026-11-19", "2026-11-21"),
    ("NEXT_N_DAYS:2", "2026-11-21", "2026-11-23"),
    ("N_DAYS_AGO:25", "2026-10-26", "2026-10-27"),
    ("NEXT_N_WEEKS:1", "2026-11-22", "2026-11-29"),
    ("LAST_N_WEEKS:2", "2026-11-01", "2026-11-15"),
    ("N_WEEKS_AGO:3", "2026-10-25", "2026-11-01"),
    ("NEXT_N_MONTHS:2", "2026-12-01", "2027-02-01"),
    ("LAST_N_MONTHS:12", "2025-11-01", "2026-11-01"),
    ("N_MONTHS_AGO:6", "2026-05-01", "2026-06-01"),
    ("THIS_QUARTER", "2026-10-01", "2027-01-01"),
    ("LAST_QUARTER", "2026-07-01", "2026-10-01"),
    ("NEXT_QUARTER", "2027-01-01", "2027-04-01"),
    ("NEXT_N_QUARTERS:2", "2027-01-01", "2027-07-01"),
    ("LAST_N_QUARTERS:2", "2026-04-01", "2026-10-01"),
    ("N_QUARTERS_AGO:3", "2026-01-01", "2026-04-01"),
    ("THIS_YEAR", "2026-01-01", "2027-01-01"),
    ("LAST_YEAR", "2025-01-01", "2026-01-01"),
    ("NEXT_YEAR", "2027-01-01", "2028-01-01"),
    ("NEXT_N_YEARS:5", "2027-01-01", "2032-01-01"),
    ("LAST_N_YEARS:5", "2021-01-01", "2026-01-01"),
    ("N_YEARS_AGO:2", "2024-01-01", "2025-01-01"),
    ("THIS_FISCAL_QUARTER", "2026-10-01", "2027-01-01"),
    ("LAST_FISCAL_QUARTER", "2026-07-01", "2026-10-01"),
    ("NEXT_N_FISCAL_QUARTERS:6", "2027-01-01", "2028-07-01"),
    ("LAST_N_FISCAL_QUARTERS:6", "2025-04-01", "2026-10-01"),
    ("N_FISCAL_QUARTERS_AGO:6", "2025-04-01", "2025-07-01"),
    ("NEXT_FISCAL_YEAR", "2027-01-01", "2028-01-01"),
    ("LAST_N_FISCAL_YEARS:3", "2023-01-01", "2026-01-01"),
    ("N_FISCAL_YEARS_AGO:3", "2023-01-01", "2024-01-01"),
]
EDGE = {"=": "01100", "!=": "10011", "<": "10000", "<=": "11100", ">": "00010", ">=": "01110"}
"""Whether the second before the span, its first, its last, the one after it, and null are found."""


@pytest.fixture(scope="module")
def edges():
    """An org whose user number n logged in around the edges of the n-th span."""
    with duckdb.connect() as connection:
        create_tables(connection)
        second = timedelta(seconds=1)
        for number, (_, first, after) in enumerate(SPANS):
            start, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (first, after))
            moments = [start - second, start, end - second, end, None]
            connection.executemany(
                'INSERT INTO org."User" ("Username", "Alias", "LastLoginDate") VALUES (?, ?, ?)',
                [[str(place), str(number), moment] for place, moment in enumerate(moments)],
            )
        yield Engine(connection, NOW)


@pytest.mark.parametrize("number", range(len(SPANS)), ids=[each[0] for each in SPANS])
def test_a_date_literal_spans_its_days(edges, number):
    for operator, expected in EDGE.items():
        where = f"Alias = '{number}' AND LastLoginDate {operator} {SPANS[number][0]}"
        with edges.query(f"SELECT Username FROM User WHERE {where}", ADMIN, 66.0) as found:
            seen = {row["Username"] for row in found.rows(0, 9)}
        assert "".join("1" if place in seen else "0" for place in "01234") == expected, operator


@pytest.mark.parametrize(
    ("literal", "message"),
    [
        ("LAST_DAY", "unexpected token: 'LAST_DAY'"),
        ("LAST_N_DAYS", "unexpected token: 'LAST_N_DAYS'"),
        ("TODAY:3", "unexpected token: 'TODAY'"),
        ("LAST_N_MONTH:3", "unexpected token: 'LAST_N_MONTH'"),
        ("THIS_FISCAL_MONTH", "unexpected token: 'THIS_FISCAL_MONTH'"),
        ("NEXT_N_YEARS:99999", "invalid date literal: NEXT_N_YEARS:99999"),
        ("LAST_N_DAYS:999999999999", "invalid date literal: LAST_N_DAYS:999999999999"),
        ("2026-02-30T00:00:00Z", "invalid dateTime: 2026-02-30T00:00:00Z"),
        ("1600-01-01T00:00:00Z", "invalid dateTime: 1600-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-14:00", "invalid dateTime: 9999-12-31T23:59:59-14:00"),
    ],
)
def test_what_is_no_date_is_refused(refused, literal, message):
    error = refused(f"SELECT Id FROM User WHERE LastLoginDate = {literal}")
    assert (error.error_code, error.message.splitlines()[-1]) == ("MALFORMED_QUERY", message)
