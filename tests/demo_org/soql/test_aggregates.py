"""Counting and grouping."""

import pytest


def test_count_gives_the_number_and_no_records(answer):
    with answer("SELECT count() FROM User WHERE IsActive = true") as found:
        assert (found.kind, found.total_size, found.page_json(0, 2000)) == ("count", 4, "[]")


def test_count_respects_limit(answer):
    with answer("SELECT COUNT() FROM User LIMIT 3") as found:
        assert found.total_size == 3


def test_aggregates_of_all_rows_are_one_result(answer):
    with answer("SELECT COUNT(Id), COUNT(FirstName), COUNT_DISTINCT(ProfileId), MAX(LastLoginDate) FROM User") as found:
        assert (found.kind, found.total_size) == ("aggregate", 1)
        assert found.rows(0, 1) == [
            {
                "attributes": {"type": "AggregateResult"},
                "expr0": 6,
                "expr1": 3,
                "expr2": 2,
                "expr3": "2026-11-19T23:59:59.000+0000",
            }
        ]


def test_grouping_with_aliases_order_and_limit(ask):
    rows = ask(
        "SELECT Profile.Name profile, COUNT(Id) users, MIN(CreatedDate) FROM User GROUP BY Profile.Name "
        "ORDER BY COUNT(Id) DESC, Profile.Name LIMIT 2"
    )
    assert [(row["profile"], row["users"]) for row in rows] == [("Standard User", 4), (None, 1)]
    assert rows[0]["expr0"] == "2025-02-01T00:00:00.000+0000"


def test_a_grouped_field_without_alias_has_the_last_name_of_its_path(ask):
    rows = ask(
        "SELECT Profile.Name, COUNT(Id) FROM User WHERE Profile.Name LIKE 'S%' GROUP BY profile.name "
        "ORDER BY profile.name"
    )
    assert rows == [{"Name": "Standard User", "expr0": 4}, {"Name": "System Administrator", "expr0": 1}]


def test_grouping_by_a_field_that_may_not_be_filtered(ask):
    rows = ask("SELECT Status, COUNT(Id) logins FROM LoginHistory GROUP BY Status ORDER BY Status")
    assert rows == [{"Status": "Invalid Password", "logins": 1}, {"Status": "Success", "logins": 2}]


def test_sums_and_averages(ask):
    rows = ask("SELECT SUM(UseCount), AVG(UseCount) mean, MIN(UseCount), MAX(UseCount) FROM OauthToken")
    assert rows == [{"expr0": 7, "mean": 3.5, "expr1": 0, "expr2": 7}]


@pytest.mark.parametrize(
    ("having", "expected"),
    [
        ("COUNT(Id) > 1", ["Remote Access 2.0"]),
        ("COUNT(Id) = 1 AND LoginType LIKE 'app%'", ["Application"]),
        ("MAX(LoginTime) < 2026-11-02T00:00:00Z", ["Application"]),
        ("MAX(LoginTime) = TODAY", ["Remote Access 2.0"]),
        ("NOT COUNT(Id) IN (2, 3)", ["Application"]),
    ],
)
def test_having(ask, having, expected):
    rows = ask(f"SELECT LoginType, COUNT(Id) FROM LoginHistory GROUP BY LoginType HAVING {having}")
    assert [row["LoginType"] for row in rows] == expected


def test_grouping_by_day(ask):
    rows = ask(
        "SELECT DAY_ONLY(LoginTime) day, COUNT(Id) FROM LoginHistory GROUP BY day_only(logintime) "
        "ORDER BY DAY_ONLY(LoginTime)"
    )
    assert rows == [
        {"day": "2026-11-01", "expr0": 1},
        {"day": "2026-11-19", "expr0": 1},
        {"day": "2026-11-20", "expr0": 1},
    ]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("CALENDAR_MONTH", 11),
        ("CALENDAR_QUARTER", 4),
        ("CALENDAR_YEAR", 2026),
        ("FISCAL_YEAR", 2026),
        ("DAY_IN_MONTH", 19),
        ("DAY_IN_WEEK", 5),
        ("DAY_IN_YEAR", 323),
        ("HOUR_IN_DAY", 23),
        ("WEEK_IN_MONTH", 3),
        ("WEEK_IN_YEAR", 47),
    ],
)
def test_parts_of_dates(ask, function, expected):
    """Of Thursday, 19 November 2026, 23:59:59 UTC."""
    rows = ask(
        f"SELECT {function}(LoginTime) part FROM LoginHistory WHERE Id = '0Ya000000000002' "
        f"GROUP BY {function}(LoginTime)"
    )
    assert rows == [{"part": expected}]


def test_more_results_than_one_batch_holds_are_refused(org, refused):
    org.execute("""INSERT INTO org."PackageLicense" ("NamespacePrefix") SELECT 'ns' || i FROM range(2001) AS t(i)""")
    error = refused("SELECT NamespacePrefix, COUNT(Id) FROM PackageLicense GROUP BY NamespacePrefix")
    assert error.error_code == "EXCEEDED_ID_LIMIT"
    assert "does not support queryMore()" in error.message


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("SELECT Name, COUNT(Id) FROM User", "Field must be grouped or aggregated: Name"),
        ("SELECT Name FROM User GROUP BY Alias", "Field must be grouped or aggregated: Name"),
        ("SELECT FIELDS(STANDARD), COUNT(Id) FROM User", "Field must be grouped or aggregated: FIELDS(STANDARD)"),
        (
            "SELECT CALENDAR_YEAR(CreatedDate) FROM User",
            "Field must be grouped or aggregated: CALENDAR_YEAR(CreatedDate)",
        ),
        ("SELECT COUNT(Id) FROM User GROUP BY Alias HAVING Name = 'x'", "Field must be grouped or aggregated: Name"),
        ("SELECT AVG(Name) FROM User", "field Name does not support aggregate operator AVG"),
        ("SELECT COUNT(IsActive) FROM User", "field IsActive does not support aggregate operator COUNT"),
        ("SELECT MAX(IsActive) FROM User", "field IsActive does not support aggregate operator MAX"),
        ("SELECT DAY_ONLY(Name) d FROM User GROUP BY DAY_ONLY(Name)", "field Name does not support function DAY_ONLY"),
        ("SELECT COUNT(), Id FROM User", "COUNT() must be the only element in the SELECT list"),
        ("SELECT COUNT() FROM User ORDER BY Name", "COUNT() cannot be used with ORDER BY or HAVING"),
        ("SELECT COUNT(Id) x, MAX(Name) X FROM User", "duplicate alias: X"),
        ("SELECT COUNT(Id) attributes FROM User", "duplicate alias: attributes"),
        ("SELECT Name FROM User WHERE COUNT(Id) > 1", "Aggregate functions are not allowed in WHERE"),
        ("SELECT COUNT(Id) FROM User HAVING COUNT(Id) > 1", "HAVING requires GROUP BY"),
        ("SELECT Name n FROM User", "only aggregate expressions use field aliasing"),
        ("SELECT MAX() FROM User", "unexpected token: ')'"),
        ("SELECT MEDIAN(Name) FROM User", "Invalid function: MEDIAN"),
    ],
)
def test_aggregates_that_make_no_sense_are_refused(refused, soql, message):
    error = refused(soql)
    assert (error.error_code, error.message.splitlines()[-1]) == ("MALFORMED_QUERY", message)


def test_a_field_that_is_not_groupable_is_refused(refused):
    error = refused("SELECT LoginTime FROM LoginHistory GROUP BY LoginTime")
    assert error.error_code == "INVALID_FIELD"
    assert error.message.endswith("field 'LoginTime' can not be grouped in a query call")
