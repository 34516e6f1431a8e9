"""Who sees what: hidden objects and fields, and rows of one's own alone."""

from datetime import UTC, datetime, timedelta

import pytest

from demo_org.schema import SOBJECTS
from demo_org.soql.engine import Engine, Reader

from .conftest import ADMIN, PLAIN

REQUIRED = {
    "UserLogin": ["ManageUsers"],
    "LoginGeo": ["ManageUsers"],
    "UserLicense": ["ViewSetup"],
    "PermissionSet": [
        "ViewSetup",
        "ManageSessionPermissionSets",
        "AssignPermissionSets",
        "ManageProfilesPermissionsets",
    ],
    "PermissionSetAssignment": ["ViewSetup", "AssignPermissionSets", "ManageUsers"],
    "PermissionSetGroupComponent": ["ViewSetup"],
    "PermissionSetLicenseAssign": ["ViewSetup", "AssignPermissionSets"],
    "SetupEntityAccess": ["ViewSetup"],
    "Organization": ["ViewSetup"],
}


@pytest.mark.parametrize(("name", "permissions"), REQUIRED.items())
def test_an_object_is_seen_with_any_of_its_permissions(answer, refused, name, permissions):
    assert refused(f"SELECT Id FROM {name}", PLAIN).error_code == "INVALID_TYPE"
    for permission in permissions:
        answer(f"SELECT Id FROM {name}", Reader(PLAIN.user_id, frozenset({permission}))).close()


@pytest.mark.parametrize("name", ["User", "Profile", "AppMenuItem", "UserPermissionAccess"])
def test_some_objects_need_no_permission(answer, name):
    answer(f"SELECT Id FROM {name}", PLAIN).close()


@pytest.mark.parametrize(
    ("name", "permissions"),
    [
        ("AuthSession", ["ManageUsers"]),
        ("LoginHistory", ["ManageUsers", "MonitorLoginHistory"]),
        ("OauthToken", ["CustomizeApplication"]),
    ],
)
def test_without_the_permission_ones_own_rows_alone(ask, answer, name, permissions):
    owner = SOBJECTS[name].owner_field
    assert {row[owner] for row in ask(f"SELECT {owner} FROM {name}", PLAIN)} == {PLAIN.user_id}
    with answer(f"SELECT COUNT() FROM {name}", PLAIN) as own, answer(f"SELECT COUNT() FROM {name}") as everything:
        assert 0 < own.total_size < everything.total_size
    for permission in permissions:
        rows = ask(f"SELECT {owner} FROM {name}", Reader(PLAIN.user_id, frozenset({permission})))
        assert {row[owner] for row in rows} == {PLAIN.user_id, ADMIN.user_id}


def test_the_rows_of_others_cannot_be_reached_through_relationships(ask):
    reader = Reader(PLAIN.user_id, frozenset({"ManageUsers"}), hidden=frozenset())
    assert ask("SELECT LoginHistory.UserId FROM AuthSession WHERE SessionType = 'UI'", reader) == [
        {"LoginHistory": {"UserId": ADMIN.user_id}}
    ]
    assert ask("SELECT LoginHistory.UserId FROM AuthSession WHERE SessionType = 'UI'", PLAIN) == []
    assert ask("SELECT Id FROM User WHERE Id IN (SELECT UserId FROM LoginHistory)", PLAIN) == [{"Id": PLAIN.user_id}]


def test_a_hidden_parent_is_no_relationship(refused):
    assert (
        "Didn't understand relationship 'UserLicense'" in refused("SELECT UserLicense.Name FROM Profile", PLAIN).message
    )
    assert refused("SELECT (SELECT Id FROM PermissionSetAssignments) FROM User", PLAIN).error_code == "INVALID_TYPE"


@pytest.mark.parametrize("soql", ["SELECT NumberOfFailedLogins FROM User", "SELECT LoginGeoId FROM LoginHistory"])
def test_a_field_may_need_a_permission_of_its_own(answer, refused, soql):
    answer(soql).close()
    assert "No such column" in refused(soql, PLAIN).message


def test_what_an_org_does_not_have_can_be_hidden(refused, answer):
    reader = Reader(
        ADMIN.user_id, ADMIN.permissions, frozenset({"LoginGeo", "PermissionSet.PermissionsUseAnyApiClient"})
    )
    assert refused("SELECT Id FROM LoginGeo", reader).error_code == "INVALID_TYPE"
    assert "No such column" in refused("SELECT PermissionsUseAnyApiClient FROM PermissionSet", reader).message
    answer("SELECT PermissionsUseAnyApiClient FROM PermissionSet").close()


def test_user_permission_access_tells_of_the_reader_alone(ask):
    soql = "SELECT PermissionsApiEnabled, PermissionsManageUsers FROM UserPermissionAccess"
    assert ask(soql, PLAIN) == [{"PermissionsApiEnabled": True, "PermissionsManageUsers": False}]
    assert ask(soql, ADMIN) == [{"PermissionsApiEnabled": True, "PermissionsManageUsers": True}]
    assert ask(f"{soql} WHERE PermissionsManageUsers = true", PLAIN) == []


@pytest.mark.parametrize(("later", "seen"), [(timedelta(minutes=-1), 0), (timedelta(0), 1)])
def test_nothing_is_seen_before_it_happens_but_for_what_happens_during_an_audit(org, later, seen):
    a_failed_login = datetime(2026, 11, 20, tzinfo=UTC)
    engine = Engine(org, a_failed_login - timedelta(minutes=5) + later)
    with engine.query("SELECT COUNT() FROM LoginHistory WHERE LoginTime >= 2026-11-20T00:00:00Z", ADMIN, 66.0) as found:
        assert found.total_size == seen


def test_records_without_a_date_are_always_seen(org):
    with Engine(org, datetime(2000, 1, 1, tzinfo=UTC)).query("SELECT COUNT() FROM OauthToken", ADMIN, 66.0) as found:
        assert found.total_size == 2
