"""What the org refuses, with Salesforce's code, message and place."""

import pytest

from .conftest import PLAIN

CUSTOM_FIELD = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


def test_a_refusal_shows_the_line_the_place_and_the_reason(refused):
    error = refused("SELECT Id, Nope FROM User")
    assert error.error_code == "INVALID_FIELD"
    assert error.message == (
        "\nSELECT Id, Nope FROM User\n           ^\nERROR at Row:1:Column:12\n"
        f"No such column 'Nope' on entity 'User'. {CUSTOM_FIELD}"
    )


def test_the_row_counts_lines_and_a_long_line_is_cut(refused):
    names = ", ".join(["Id"] * 40)
    error = refused(f"SELECT Id\nFROM User\nWHERE {names.replace(', ', ' = null AND ')} = null AND Nope = 1")
    _, excerpt, caret, place, _ = error.message.split("\n")
    assert place.startswith("ERROR at Row:3:Column:")
    assert len(excerpt) <= 120
    assert excerpt[caret.index("^") :].startswith("Nope")


@pytest.mark.parametrize(
    ("soql", "token"),
    [
        ("SELECT u.Id FROM AuthSession a JOIN User u ON a.UsersId = u.Id", "JOIN"),
        ("SELECT Id FROM User WHERE IsActive = true AND Name = 'a' OR Name = 'b'", "OR"),
        ("SELECT Id FROM User WHERE IsActive = true OR Name = 'a' AND Name = 'b'", "AND"),
        ("SELECT * FROM User", "*"),
        ("SELECT Id FROM User WHERE ManagerId IS NULL", "IS"),
        ("SELECT Id FROM User; DROP TABLE org", ";"),
        ("SELECT Id, FROM User", "FROM"),
        ("SELECT Id FROM User LIMIT -1", "-1"),
        ("SELECT Id FROM User LIMIT 1.5", ".5"),
        ("SELECT Id FROM User WHERE Name = 'a' 'b'", "'b'"),
        ('SELECT Id FROM User WHERE Name = "a"', '"'),
        ("SELECT Id FROM User WHERE Name = 'open", "'"),
        ("SELECT Id FROM User WHERE Id IN ()", ")"),
        ("SELECT Id FROM User WHERE", "<EOF>"),
        ("SELECT Id", "<EOF>"),
        ("", "<EOF>"),
        ("UPDATE User SET Name = 'x'", "UPDATE"),
        ("SELECT Id FROM User -- comment", "-"),
        ("SELECT Id FROM User UNION SELECT secret FROM planted.finding", "SELECT"),
        ("SELECT Id FROM User WHERE Name = null OFFSET 1 LIMIT 1", "LIMIT"),
        ("SELECT Id FROM User WHERE Name = someword", "someword"),
        ("SELECT Id FROM User WHERE ManagerId < null", "null"),
    ],
)
def test_what_is_no_soql_is_malformed(refused, soql, token):
    error = refused(soql)
    assert error.error_code == "MALFORMED_QUERY"
    assert error.message.endswith(f"unexpected token: '{token}'")


@pytest.mark.parametrize("name", ["Account", "finding", "planted.finding", "org.User", "information_schema", "t1"])
def test_an_object_that_is_not_there_is_no_type(refused, name):
    error = refused(f"SELECT Id FROM {name}")
    assert error.error_code == "INVALID_TYPE"
    assert f"sObject type '{name}' is not supported. If you are attempting to use a custom object" in error.message


def test_a_hidden_object_is_refused_like_one_that_is_not_there(refused):
    assert refused("SELECT Id FROM UserLogin", PLAIN).message == refused("SELECT Id FROM UserLogiX").message.replace(
        "UserLogiX", "UserLogin"
    )


@pytest.mark.parametrize(
    "field", ["Status", "Application", "Browser", "Platform", "ApiType", "SourceIp", "LoginSubType"]
)
def test_fields_of_the_login_history_that_where_may_not_name(refused, field):
    error = refused(f"SELECT Id FROM LoginHistory WHERE {field} = 'x'")
    assert error.error_code == "INVALID_FIELD"
    assert error.message.endswith(f"field '{field}' can not be filtered in a query call")


def test_used_licenses_may_not_be_filtered_from_version_64_on(ask, refused):
    soql = "SELECT Name FROM UserLicense WHERE UsedLicenses > 0"
    assert ask(soql, api_version=63.0) == [{"Name": "Salesforce"}]
    assert refused(soql, api_version=64.0).message.endswith("field 'UsedLicenses' can not be filtered in a query call")


def test_a_permission_may_not_be_sorted_by(refused):
    error = refused("SELECT Id FROM PermissionSet ORDER BY PermissionsApiEnabled")
    assert error.error_code == "INVALID_FIELD"
    assert error.message.endswith("field 'PermissionsApiEnabled' can not be sorted in a query call")


@pytest.mark.parametrize(
    ("soql", "version"),
    [
        ("SELECT IsAssociatedWithJwtAccessToken FROM AuthSession", 64),
        ("SELECT ForwardedForIp FROM LoginHistory", 61),
        ("SELECT AuthMethodReference FROM LoginHistory", 51),
        ("SELECT IsRevoked FROM PermissionSetAssignment", 57),
    ],
)
def test_a_field_is_unknown_before_its_version(ask, refused, soql, version):
    ask(soql, api_version=float(version))
    error = refused(soql, api_version=float(version - 1))
    assert error.error_code == "INVALID_FIELD"
    assert "No such column" in error.message


def test_an_object_is_unknown_before_its_version(refused):
    assert refused("SELECT Id FROM PermissionSetGroup", api_version=44.0).error_code == "INVALID_TYPE"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("IsActive = 'true'", "'IsActive' must be of type boolean and should not be enclosed in quotes"),
        ("IsActive = 1", "'IsActive' must be of type boolean and should not be enclosed in quotes"),
        ("Name = 5", "'Name' must be of type string and should be enclosed in quotes"),
        ("Name IN ('a', 5)", "'Name' must be of type string and should be enclosed in quotes"),
        ("Name = 2026-11-01", "'Name' must be of type string and should be enclosed in quotes"),
        ("Name = LAST_N_DAYS:3", "'Name' must be of type string and should be enclosed in quotes"),
        ("Name LIKE 5", "'Name' must be of type string and should be enclosed in quotes"),
        ("Id = 5", "'Id' must be of type id and should be enclosed in quotes"),
        ("ManagerId = true", "unexpected token: 'true'"),
        (
            "NumberOfFailedLogins = '5'",
            "'NumberOfFailedLogins' must be of type int and should not be enclosed in quotes",
        ),
        ("CreatedDate > '2026-11-01'", "'CreatedDate' must be of type dateTime and should not be enclosed in quotes"),
        ("CreatedDate > 2026-11-01", "'CreatedDate' must be of type dateTime and should not be enclosed in quotes"),
        (
            "SuAccessExpirationDate = 2026-11-01T00:00:00Z",
            "'SuAccessExpirationDate' must be of type date and should not be enclosed in quotes",
        ),
    ],
)
def test_a_literal_of_another_type_is_refused(refused, where, message):
    error = refused(f"SELECT Id FROM User WHERE {where}")
    assert error.error_code == ("MALFORMED_QUERY" if "token" in message else "INVALID_FIELD")
    assert error.message.endswith(message)


@pytest.mark.parametrize(
    "value", ["x", "005", "00500000000000100", "005000000000001AA!", "é05000000000001", "' OR 1=1 --"]
)
def test_what_is_no_id_is_refused(refused, value):
    quoted = value.replace("'", "\\'")
    error = refused(f"SELECT Id FROM User WHERE ManagerId = '{quoted}'")
    assert error.error_code == "INVALID_QUERY_FILTER_OPERATOR"
    assert error.message.endswith(f"invalid ID field: {value}")


@pytest.mark.parametrize(
    ("soql", "kind"),
    [
        ("SELECT Id FROM User WHERE Id LIKE '005%'", "id"),
        ("SELECT Id FROM User WHERE CreatedDate LIKE '2026%'", "dateTime"),
        ("SELECT Id FROM User WHERE IsActive > false", "boolean"),
        ("SELECT Id FROM AuthSession WHERE SourceIp LIKE '10.%'", "string"),
    ],
)
def test_an_operator_that_the_field_does_not_have_is_refused(refused, soql, kind):
    error = refused(soql)
    assert error.error_code == "INVALID_QUERY_FILTER_OPERATOR"
    assert error.message.endswith(f"invalid operator on {kind} field")


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT User.Name FROM LoginHistory", "INVALID_FIELD", "Didn't understand relationship 'User' in field path."),
        ("SELECT Nope.Name FROM User", "INVALID_FIELD", "Didn't understand relationship 'Nope' in field path."),
        ("SELECT Profile FROM User", "INVALID_FIELD", "No such column 'Profile' on entity 'User'."),
        ("SELECT Profile.Nope FROM User", "INVALID_FIELD", "No such column 'Nope' on entity 'Profile'."),
        (
            "SELECT Manager.Manager.Manager.Manager.Manager.Manager.Name FROM User",
            "INVALID_FIELD",
            "A relationship path may not have more than 5 levels",
        ),
        (
            "SELECT (SELECT Id FROM Nope) FROM User",
            "INVALID_TYPE",
            "Didn't understand relationship 'Nope' in FROM part",
        ),
        ("SELECT (SELECT Id FROM LoginHistory) FROM User", "INVALID_TYPE", "Didn't understand relationship"),
        ("SELECT Id, Name, id FROM User", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id, FIELDS(ALL) FROM User LIMIT 1", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT FIELDS(ALL) FROM User", "MALFORMED_QUERY", "must have a LIMIT of at most 200"),
        ("SELECT FIELDS(ALL) FROM User LIMIT 201", "MALFORMED_QUERY", "must have a LIMIT of at most 200"),
        ("SELECT FIELDS(CUSTOM) FROM User LIMIT 1", "MALFORMED_QUERY", "returned no fields"),
        ("SELECT FIELDS(SOME) FROM User", "MALFORMED_QUERY", "Invalid function: FIELDS"),
        (
            "SELECT Id FROM User WHERE DAY_ONLY(CreatedDate) = TODAY",
            "MALFORMED_QUERY",
            "Date literals cannot be compared with date functions",
        ),
        ("SELECT License.Name FROM PermissionSet", "INVALID_FIELD", "Didn't understand relationship 'License'"),
        (
            "SELECT Id FROM User LIMIT 1 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        ("SELECT Id FROM User LIMIT 9999999999", "NUMBER_OUTSIDE_VALID_RANGE", "9999999999 is outside the valid range"),
        (
            "SELECT Id FROM User WHERE Name = '\\x'",
            "MALFORMED_QUERY",
            "Illegal character sequence '\\x' in string literal.",
        ),
        (
            "SELECT Id FROM User WHERE Name = '\\_'",
            "MALFORMED_QUERY",
            "Illegal character sequence '\\_' in string literal.",
        ),
        ("SELECT Id FROM User WHERE Name = '\\u00zz'", "MALFORMED_QUERY", "Illegal character sequence '\\u00zz'"),
    ],
)
def test_names_and_numbers_that_are_not_there_are_refused(refused, soql, code, message):
    error = refused(soql)
    assert error.error_code == code
    assert message in error.message


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("Name IN (SELECT Id FROM Profile)", "Semi join sub-selects can only query id fields, cannot use: 'Name'"),
        (
            "ProfileId IN (SELECT Name FROM Profile)",
            "Semi join sub-selects can only query id fields, cannot use: 'Name'",
        ),
        (
            "Profile.Id IN (SELECT Id FROM Profile)",
            "Semi join sub-selects can only compare id fields of the object itself",
        ),
        ("ProfileId IN (SELECT Id, Name FROM Profile)", "Semi join sub-selects can only query one field"),
        ("ProfileId IN (SELECT Id FROM Profile LIMIT 1)", "Semi join sub-selects may have no clause but WHERE"),
        ("ManagerId IN (SELECT Id FROM User)", "The inner and outer selects should not be on the same object type"),
        (
            "ProfileId IN (SELECT Id FROM Profile) OR Name = 'x'",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        ("NOT ProfileId IN (SELECT Id FROM Profile)", "Semi join sub-selects are not allowed with the 'NOT' operator"),
        (
            "ProfileId IN (SELECT Id FROM Profile WHERE UserLicenseId IN (SELECT Id FROM UserLicense))",
            "Nesting of semi join sub-selects is not supported",
        ),
        (" AND ".join(["ProfileId IN (SELECT Id FROM Profile)"] * 3), "Maximum 2 semi join sub-selects are allowed"),
    ],
)
def test_semi_joins_that_salesforce_does_not_have_are_refused(refused, where, message):
    error = refused(f"SELECT Id FROM User WHERE {where}")
    assert (error.error_code, error.message.splitlines()[-1]) == ("MALFORMED_QUERY", message)


@pytest.mark.parametrize(
    "subquery",
    ["SELECT COUNT() FROM Users", "SELECT COUNT(Id) FROM Users", "SELECT (SELECT Id FROM ManagedUsers) FROM Users"],
)
def test_a_subquery_selects_plain_records(refused, subquery):
    assert refused(f"SELECT ({subquery}) FROM Profile").error_code == "MALFORMED_QUERY"


def test_a_query_of_more_than_100_000_characters_is_refused(ask, refused):
    soql = "SELECT Id FROM Profile"
    assert len(ask(soql.ljust(100_000))) == 3
    error = refused(soql.ljust(100_001))
    assert error.error_code == "MALFORMED_QUERY"
    assert error.message == "SOQL statements cannot be longer than 100000 characters"


def test_conditions_that_go_too_deep_are_refused_and_parentheses_are_not(names, refused):
    assert refused(f"SELECT Id FROM User WHERE {'NOT ' * 5000}IsActive = true").error_code == "QUERY_TOO_COMPLICATED"
    assert names(f"{'(' * 5000}FirstName = 'Ann'{')' * 5000}") == ["ann"]
    assert names(f"{'NOT ' * 80}FirstName = 'Ann'") == ["ann"]
