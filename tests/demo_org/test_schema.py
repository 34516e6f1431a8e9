"""The demo org's schema holds what the audit reads and what Salesforce documents."""

import duckdb
import pytest

from demo_org.schema import PERMISSIONS, SOBJECTS, create_tables, find_child, find_object
from spendready_pipeline.catalog.salesforce_objects import KNOWN_PERMISSIONS, OBJECTS, SECRET_FIELDS


@pytest.fixture(scope="module")
def tables():
    """The columns of each table that is created, with their types."""
    with duckdb.connect() as connection:
        create_tables(connection)
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'org'"
        ).fetchall()
    found = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = "TIMESTAMPTZ" if kind == "TIMESTAMP WITH TIME ZONE" else kind
    return found


@pytest.mark.parametrize("audited", OBJECTS, ids=lambda each: each.name)
def test_every_field_that_the_audit_reads_is_there_with_its_name_and_type(tables, audited):
    columns = {name: str(kind) for name, kind in audited.columns.items()}
    assert columns.items() <= tables[audited.name].items()


def test_rows_are_missing_where_the_audit_expects_it():
    for audited in OBJECTS:
        sobject = SOBJECTS[audited.name]
        expected = {*audited.own_rows_without, *audited.some_rows_without}
        assert set(sobject.all_rows_require) == expected, audited.name
        owner = "Id" if audited.some_rows_without else audited.own_rows_field  # a user sees its own row
        assert sobject.owner_field == owner, audited.name


def test_the_secrets_of_a_token_are_there_to_be_left_alone():
    assert {each.name.lower() for each in SOBJECTS["OauthToken"].fields} >= SECRET_FIELDS


def test_permissions_are_many_and_hold_those_that_the_audit_knows():
    assert len(PERMISSIONS) > 150
    assert set(KNOWN_PERMISSIONS) | {"MonitorLoginHistory", "ViewAllUsers", "UseAnyApiClient"} <= set(PERMISSIONS)
    for sobject, prefix in [("PermissionSet", ""), ("Profile", ""), ("PermissionSetLicense", "Maximum")]:
        names = {each.name for each in SOBJECTS[sobject].fields}
        assert {f"{prefix}Permissions{name}" for name in PERMISSIONS} <= names


def test_an_object_of_the_running_user_has_no_table(tables):
    assert tables.keys() == SOBJECTS.keys() - {"UserPermissionAccess"}


def test_checkboxes_default_to_false_and_are_never_null():
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute("""INSERT INTO org."User" ("Id") VALUES ('005000000000001AAA')""")
        assert connection.execute('SELECT "IsActive", "Name" FROM org."User"').fetchone() == (False, None)
        with pytest.raises(duckdb.ConstraintException):
            connection.execute('INSERT INTO org."User" ("IsActive") VALUES (NULL)')


def test_names_are_found_in_any_case():
    assert find_object("oauthTOKEN") is SOBJECTS["OauthToken"]
    assert find_object("Account") is None
    assert SOBJECTS["User"].field("LASTLOGINDATE").name == "LastLoginDate"
    assert SOBJECTS["User"].field("Nope") is None


@pytest.mark.parametrize(
    ("sobject", "field", "relationship", "target"),
    [
        ("AuthSession", "UsersId", "Users", "User"),
        ("AuthSession", "LoginHistoryId", "LoginHistory", "LoginHistory"),
        ("OauthToken", "AppMenuItemId", "AppMenuItem", "AppMenuItem"),
        ("OauthToken", "UserId", "User", "User"),
        ("PermissionSetAssignment", "AssigneeId", "Assignee", "User"),
        ("PermissionSetAssignment", "PermissionSetId", "PermissionSet", "PermissionSet"),
        ("PermissionSetAssignment", "PermissionSetGroupId", "PermissionSetGroup", "PermissionSetGroup"),
        ("PermissionSetLicenseAssign", "PermissionSetLicenseId", "PermissionSetLicense", "PermissionSetLicense"),
        ("User", "ProfileId", "Profile", "Profile"),
        ("User", "ManagerId", "Manager", "User"),
        ("Profile", "UserLicenseId", "UserLicense", "UserLicense"),
        ("SetupEntityAccess", "ParentId", "Parent", "PermissionSet"),
    ],
)
def test_relationships_to_parents(sobject, field, relationship, target):
    found = SOBJECTS[sobject].relationship(relationship.upper())
    assert (found.name, found.relationship_name, found.reference_to) == (field, relationship, (target,))


@pytest.mark.parametrize(
    ("parent", "relationship", "child"),
    [
        ("PermissionSet", "Assignments", "PermissionSetAssignment"),
        ("PermissionSet", "SetupEntityAccessItems", "SetupEntityAccess"),
        ("PermissionSetGroup", "PermissionSetGroupComponents", "PermissionSetGroupComponent"),
        ("User", "PermissionSetAssignments", "PermissionSetAssignment"),
        ("User", "PermissionSetLicenseAssignments", "PermissionSetLicenseAssign"),
        ("PermissionSetLicense", "PermissionSetLicenseAssignments", "PermissionSetLicenseAssign"),
        ("User", "ManagedUsers", "User"),
    ],
)
def test_relationships_to_children(parent, relationship, child):
    found = find_child(SOBJECTS[parent], relationship.lower())
    assert found is not None
    assert found[0].name == child


def test_some_references_have_no_relationship():
    for sobject, field in [("LoginHistory", "UserId"), ("UserLogin", "UserId"), ("AuthSession", "ParentId")]:
        assert SOBJECTS[sobject].field(field).relationship_name is None


def test_key_prefixes_tell_objects_apart():
    prefixes = [each.key_prefix for each in SOBJECTS.values() if each.key_prefix]
    assert len(prefixes) == len(set(prefixes)) == len(SOBJECTS) - 1
    assert {len(each) for each in prefixes} == {3}
    known = {
        "User": "005",
        "Profile": "00e",
        "OauthToken": "0CQ",
        "LoginHistory": "0Ya",
        "PermissionSetAssignment": "0Pa",
    }
    assert {name: SOBJECTS[name].key_prefix for name in known} == known
