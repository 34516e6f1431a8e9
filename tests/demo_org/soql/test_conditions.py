"""Whom WHERE finds."""

import pytest

EVERYBODY = ["ann", "auto", "bob", "lower", "svc", "upper"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'ANN ABLE'", ["ann"]),
        ("Name = 'ZOË'", ["upper"]),
        ("LastName = 'O\\'Neil'", ["bob"]),
        ("FirstName != 'ann'", ["auto", "bob", "lower", "svc", "upper"]),
        ("FirstName <> 'ann' AND FirstName != null", ["auto", "bob"]),
        ("Name < 'b'", ["ann", "auto"]),
        ("Name >= 'SYNC_user 100%' AND Name <= 'zed'", ["lower", "svc"]),
        ("FirstName = ''", ["lower", "svc", "upper"]),
        ("FirstName != ''", ["ann", "auto", "bob"]),
    ],
)
def test_text_compares_without_regard_to_case(names, where, expected):
    assert names(where) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a%", ["ann", "auto"]),
        ("%NEIL%", ["bob"]),
        ("ze_", ["lower"]),
        ("zo_", ["upper"]),
        ("%100\\%", ["svc"]),
        ("%100\\%%", ["svc"]),
        ("sync\\_user%", ["svc"]),
        ("ann\\_able", []),
        ("ann_able", ["ann"]),
        ("", []),
    ],
)
def test_like(names, pattern, expected):
    assert names(f"Name LIKE '{pattern}'") == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Id = '005000000000A05'", ["upper"]),
        ("Id = '005000000000a05'", ["lower"]),
        ("Id = '005000000000A05AAI'", ["upper"]),
        ("Id IN ('005000000000001', '005000000000a05AAA', null)", ["ann", "lower"]),
        ("Id NOT IN ('005000000000001AAA', '005000000000A05')", ["auto", "bob", "lower", "svc"]),
        ("ManagerId = '005000000000001'", ["bob", "svc"]),
        ("ManagerId != '005000000000001'", ["ann", "auto", "lower", "upper"]),
        ("ManagerId = ''", ["ann", "auto", "lower", "upper"]),
        ("Id > '005000000000004AAA'", ["lower", "upper"]),
    ],
)
def test_ids_compare_on_15_characters_with_regard_to_case(names, where, expected):
    assert names(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("IsActive = true", ["ann", "auto", "svc", "upper"]),
        ("IsActive != TRUE", ["bob", "lower"]),
        ("IsActive = null", ["bob", "lower"]),
        ("IsActive IN (true, false)", EVERYBODY),
        ("Manager.IsActive = false", ["ann", "auto", "lower", "upper"]),
        ("NOT Manager.IsActive = true", ["ann", "auto", "lower", "upper"]),
    ],
)
def test_checkboxes_are_never_null(names, where, expected):
    assert names(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LastLoginDate = null", ["auto", "bob", "lower", "upper"]),
        ("LastLoginDate != NULL", ["ann", "svc"]),
        ("Manager.Name = null", ["ann", "auto", "lower", "upper"]),
        ("FirstName = 'bob' OR Manager.Name = 'Ann Able'", ["bob", "svc"]),
        ("NOT LastLoginDate > 2026-11-10T00:00:00Z", ["ann", "auto", "bob", "lower", "upper"]),
        ("NOT (NOT LastLoginDate > 2026-11-10T00:00:00Z)", ["svc"]),
        ("FirstName NOT IN ('ann', 'bob')", ["auto", "lower", "svc", "upper"]),
        ("FirstName IN ('ANN', null)", ["ann", "lower", "svc", "upper"]),
        ("NOT FirstName LIKE 'a%'", ["bob", "lower", "svc", "upper"]),
        ("NOT FirstName IN ('ann')", ["auto", "bob", "lower", "svc", "upper"]),
    ],
)
def test_null_is_a_value_like_others(names, where, expected):
    assert names(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("IsActive = true AND (FirstName = 'Ann' OR ManagerId != null)", ["ann", "svc"]),
        ("(IsActive = true AND FirstName = 'Ann') OR Name = 'zed'", ["ann", "lower"]),
        ("NOT IsActive = true AND FirstName != null", ["bob"]),
        ("((FirstName = 'Ann'))", ["ann"]),
        ("NOT (IsActive = true OR FirstName = 'bob')", ["lower"]),
    ],
)
def test_logic(names, where, expected):
    assert names(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LastLoginDate = 2026-11-01T10:11:12.500Z", ["ann"]),
        ("LastLoginDate = 2026-11-01T11:11:12.5+01:00", ["ann"]),
        ("LastLoginDate > 2026-11-01T05:11:12.500-0500", ["svc"]),
        ("LastLoginDate >= 2026-11-01t05:11:12.500-05:00", ["ann", "svc"]),
        ("LastLoginDate IN (2026-11-19T23:59:59Z, null)", ["auto", "bob", "lower", "svc", "upper"]),
        ("LastLoginDate IN (2026-11-19T23:59:59Z, N_DAYS_AGO:19)", ["ann", "svc"]),
        ("DAY_ONLY(LastLoginDate) = 2026-11-19", ["svc"]),
        ("CALENDAR_MONTH(CreatedDate) = 1 AND CALENDAR_YEAR(CreatedDate) IN (2024, 2025)", ["ann", "auto"]),
        ("HOUR_IN_DAY(LastLoginDate) > 22.5", ["svc"]),
    ],
)
def test_moments(names, where, expected):
    assert names(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("ExpirationDate = 2027-01-31", 1),
        ("ExpirationDate < 2027-01-31", 0),
        ("ExpirationDate = NEXT_YEAR", 1),
        ("ExpirationDate > TODAY", 1),
        ("ExpirationDate <= NEXT_N_MONTHS:1", 0),
        ("ExpirationDate IN (2027-01-30, 2027-01-31)", 1),
    ],
)
def test_days(ask, where, expected):
    assert len(ask(f"SELECT Id FROM PermissionSetLicense WHERE {where}")) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("UseCount = 7", 1),
        ("UseCount > -1", 2),
        ("UseCount >= 7.0", 1),
        ("UseCount < .5", 1),
        ("UseCount IN (0, 7, 8)", 2),
        ("UseCount != 7", 1),
        ("UseCount < 1e400", 2),
        ("UseCount < 99999999999999999999999999999999999999999999", 2),
    ],
)
def test_numbers(answer, where, expected):
    with answer(f"SELECT COUNT() FROM OauthToken WHERE {where}") as found:
        assert found.total_size == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Id IN (SELECT AssigneeId FROM PermissionSetAssignment)", ["ann", "svc"]),
        ("Id NOT IN (SELECT AssigneeId FROM PermissionSetAssignment)", ["auto", "bob", "lower", "upper"]),
        ("Id IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Name = 'admins')", ["ann"]),
        ("ProfileId IN (SELECT Id FROM Profile WHERE Name LIKE 'System%') AND IsActive = true", ["ann"]),
        ("ManagerId NOT IN (SELECT UserId FROM LoginHistory)", ["ann", "auto", "lower", "upper"]),
        (
            "Id IN (SELECT AssigneeId FROM PermissionSetAssignment) AND Id NOT IN (SELECT UsersId FROM AuthSession "
            "WHERE SessionType = 'UI')",
            ["svc"],
        ),
    ],
)
def test_semi_joins_and_anti_joins(names, where, expected):
    assert names(where) == expected


def test_a_null_among_the_inner_ids_of_an_anti_join_hides_nobody(names):
    assert names("Id NOT IN (SELECT LicenseId FROM PermissionSet)") == EVERYBODY


def test_permissions_may_be_filtered(ask):
    assert ask("SELECT Name FROM PermissionSet WHERE PermissionsRunReports = true") == [{"Name": "Reports"}]


def test_a_parents_unfilterable_field_is_as_unfilterable(refused):
    error = refused("SELECT Id FROM AuthSession WHERE LoginHistory.Status = 'Success'")
    assert error.message.endswith("field 'Status' can not be filtered in a query call")


def test_thousands_of_ids(ask):
    ids = ",".join(f"'005{number:012}'" for number in range(5000))
    assert len(ask(f"SELECT Id FROM User WHERE Id IN ({ids})")) == 4


def test_thousands_of_alternatives(ask):
    alternatives = " OR ".join(f"Alias = 'a{number}'" for number in range(3000))
    assert ask(f"SELECT Id FROM User WHERE {alternatives} OR FirstName = 'Ann'") == [{"Id": "005000000000001AAA"}]
