"""What a login may not see is reported, with its remediation; it neither fails the run nor looks like an empty org."""

import pytest

from demo_org.faults import Fault
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.access_check import check_org
from tests.salesforce.audits import Audit


def extraction(audit) -> dict[str, tuple[str, int, str | None, str | None]]:
    found = audit.rows('select object, status, "rows", reason, remediation from raw.extraction')
    return {name: tuple(rest) for name, *rest in found}


def test_what_shows_own_rows_or_nothing_says_so_and_what_to_grant(serve, audit) -> None:
    audit = audit(serve(reader_lacks=frozenset({"CustomizeApplication", "ManageUsers"})))
    audit.run()
    found = extraction(audit)
    status, rows, reason, remediation = found["OauthToken"]
    assert (status, remediation) == ("own_rows", "Customize Application")
    assert "only its own rows" in reason
    (reader,) = audit.rows("select reader_user_id from raw.snapshot")[0]
    assert audit.rows('select distinct "UserId" from raw.oauth_token') == ([(reader,)] if rows else [])
    assert (found["AuthSession"][0], found["AuthSession"][3]) == ("own_rows", "Manage Users")
    assert (found["UserLogin"][0], found["UserLogin"][3]) == ("hidden", "Manage Users")
    assert audit.rows("select count(*) from raw.user_login") == [(0,)]
    assert found["LoginHistory"][0] == "read"  # Monitor Login History does for it


def test_without_either_permission_logins_are_own_rows_and_known_since_never(serve, audit) -> None:
    audit = audit(serve(reader_lacks=frozenset({"ManageUsers", "MonitorLoginHistory"})))
    audit.run()
    assert extraction(audit)["LoginHistory"][0] == "own_rows"
    assert audit.rows("select known_since from raw.extraction where object = 'LoginHistory'") == [(None,)]
    assert audit.rows("select known_until from raw.login_window") == [(None,)]


def test_where_permissions_may_not_be_asked_for_the_rows_tell(serve, audit) -> None:
    lacks = frozenset({"CustomizeApplication"})
    audit = audit(serve(reader_lacks=lacks, hidden_objects=frozenset({"UserPermissionAccess"})))
    audit.run()
    found = extraction(audit)
    assert found["OauthToken"][0] == "own_rows"
    assert (found["AuthSession"][0], found["LoginHistory"][0]) == ("read", "read")
    assert audit.rows("select count(*) from raw.reader_permission") == [(0,)]


OF_SETUP = frozenset({"UserLicense", "PermissionSetLicense", "PermissionSetGroupComponent"})


def test_objects_of_setup_that_are_hidden_name_view_setup_and_the_run_goes_on(serve, audit) -> None:
    audit = audit(serve(hidden_objects=OF_SETUP))
    audit.run()
    found = extraction(audit)
    hidden = {name for name, (status, *_) in found.items() if status == "hidden"}
    assert hidden == OF_SETUP
    assert all(found[name][3] == "View Setup and Configuration" for name in hidden)
    assert (found["User"][0], found["OauthToken"][0]) == ("read", "read")
    assert {name: len(rows) for name, rows in audit.raw().items()} == {
        wanted.table: found[wanted.name][1] for wanted in OBJECTS
    }


def test_objects_that_the_org_does_not_have_are_hidden(serve, audit) -> None:
    absent = frozenset({"AppMenuItem", "ExternalClientApplication", "PermissionSetGroup"})
    extracted = audit(serve(hidden_objects=absent)).run()
    assert {each.object for each in extracted.values() if each.status == "hidden"} == absent
    assert all(extracted[name].remediation for name in absent)
    assert {each.status for each in extracted.values() if each.object not in absent} == {"read"}


def test_a_field_that_the_org_does_not_have_costs_that_field(serve, audit) -> None:
    missing = {"OauthToken": frozenset({"CreatedDate", "UseCount"}), "User": frozenset({"ManagerId"})}
    audit = audit(serve(without_fields=missing))
    extracted = audit.run()
    assert set(extracted["OauthToken"].missing_fields) == missing["OauthToken"]
    assert extracted["OauthToken"].status == "read"
    assert audit.rows('select count("CreatedDate"), count("LastUsedDate") > 0 from raw.oauth_token') == [(0, True)]
    assert audit.rows("select missing_fields from raw.extraction where object = 'User'") == [(["ManagerId"],)]


WITHOUT_SETUP = "View Setup and Configuration"


@pytest.mark.parametrize(("name", "remediation"), [("User", "View All Users"), ("Organization", WITHOUT_SETUP)])
def test_without_an_essential_object_the_run_stops_and_says_what_to_grant(serve, audit, name, remediation) -> None:
    audit = audit(serve(hidden_objects=frozenset({name})))
    with pytest.raises(OrgError, match=f"demo: no audit is possible without {name}") as error:
        audit.run()
    assert error.value.remediation == f"Grant the login: {remediation}"


def test_11_organization_hidden_stops_run_and_check_with_view_setup_to_grant(serve, audit) -> None:
    audit = audit(serve(reader_lacks=frozenset({"ViewSetup"})))
    with pytest.raises(OrgError, match="no audit is possible without Organization") as stopped:
        audit.run()
    (organization,) = [each for each in check_org(audit.org).objects if each.stops_audit]
    assert (organization.object, organization.status, organization.remediation) == (
        "Organization",
        "hidden",
        WITHOUT_SETUP,
    )
    assert (str(organization.stops_audit), organization.stops_audit.remediation) == (
        str(stopped.value),
        stopped.value.remediation,
    )
    assert stopped.value.remediation == f"Grant the login: {WITHOUT_SETUP}"


@pytest.mark.parametrize("code", ["UNKNOWN_EXCEPTION", "QUERY_TIMEOUT"])
def test_an_essential_object_that_failed_asks_for_no_permission(serve, audit, code) -> None:
    fault = Fault(containing="Username,", times=99, status=400, error_code=code)
    with pytest.raises(OrgError, match=rf"without User, which could not be read: Salesforce answered {code}") as error:
        audit(serve(faults=[fault])).run()
    assert "Grant" not in error.value.remediation
    assert "status.salesforce.com" in error.value.remediation


def test_an_essential_object_that_check_cannot_ask_for_asks_for_no_permission(serve, audit) -> None:
    fault = Fault(containing="count() FROM User", times=99, status=400, error_code="UNKNOWN_EXCEPTION")
    check = check_org(audit(serve(faults=[fault])).org)
    (user,) = [each for each in check.objects if each.object == "User"]
    assert (user.status, user.remediation) == ("failed", "")
    assert "Grant" not in user.stops_audit.remediation


@pytest.mark.parametrize("name", ["UserLicense", "Profile", "PermissionSet", "PermissionSetAssignment"])
def test_an_answer_without_a_row_where_every_org_has_some_is_a_missing_permission(serve, audit, name) -> None:
    def emptied() -> Audit:  # once it is signed in: the org takes its own permissions from these objects
        return audit(serve(faults=[Fault(containing=f"sobjects/{name}/describe", sql=f'delete from org."{name}"')]))

    (checked,) = [each for each in check_org(emptied().org).objects if each.object == name]
    extracted = emptied().run()[name]
    assert (
        (checked.status, checked.remediation) == (extracted.status, extracted.remediation) == ("hidden", WITHOUT_SETUP)
    )
    assert checked.reason == extracted.reason


def test_an_organization_without_a_row_is_a_missing_permission(serve, audit) -> None:
    demo = serve()
    audit = audit(demo)
    demo.change('delete from org."Organization"')
    with pytest.raises(OrgError, match="no audit is possible without Organization") as error:
        audit.run()
    assert error.value.remediation == f"Grant the login: {WITHOUT_SETUP}"


WITHOUT_USERS = frozenset({"ViewAllUsers", "ManageUsers"})


def test_04_users_that_sharing_hides_make_user_short_in_run_and_check(serve, audit) -> None:
    audit = audit(serve(reader_lacks=WITHOUT_USERS, private_users=True))
    (checked,) = [each for each in check_org(audit.org).objects if each.object == "User"]
    extracted = audit.run()["User"]
    assert extracted.rows == checked.rows == 1
    assert (
        (checked.status, checked.remediation)
        == (extracted.status, extracted.remediation)
        == ("short", "View All Users")
    )
    assert checked.reason == extracted.reason


@pytest.mark.parametrize("held", ["ViewAllUsers", "ManageUsers"])
def test_users_are_whole_with_one_of_the_permissions_that_show_them_all(serve, audit, held) -> None:
    audit = audit(serve(reader_lacks=WITHOUT_USERS - {held}, private_users=True))
    assert audit.run()["User"].status == "read"


def test_extra_verification_is_no_missing_permission(serve, audit) -> None:
    message = "Requires Extra Verification"
    fault = Fault(
        containing="FROM AuthSession", times=99, status=403, error_code="INSUFFICIENT_ACCESS", message=message
    )
    extracted = audit(serve(faults=[fault])).run()["AuthSession"]
    assert (extracted.status, extracted.remediation) == ("failed", "")
    assert "high-assurance session" in extracted.reason


def test_what_takes_salesforce_too_long_costs_that_object_alone(serve, audit) -> None:
    query = Fault(containing="FROM AuthSession", times=99, status=500, error_code="QUERY_TIMEOUT")
    count = Fault(containing="count() FROM LoginHistory", times=99, status=400, error_code="QUERY_TIMEOUT")
    extracted = audit(serve(faults=[query, count])).run()
    sessions, logins = extracted.pop("AuthSession"), extracted.pop("LoginHistory")
    assert (sessions.status, sessions.rows, sessions.remediation) == ("failed", 0, "")
    assert "QUERY_TIMEOUT" in sessions.reason
    assert (logins.status, logins.count_before, logins.rows > 0) == ("short", None, True)
    assert {each.status for each in extracted.values()} == {"read"}


def test_the_check_says_the_same_and_writes_nothing(serve, audit, tmp_path) -> None:
    demo = serve(
        reader_lacks=frozenset({"CustomizeApplication", "ManageUsers"}),
        hidden_objects=frozenset({"AppMenuItem"}),
        without_fields={"User": frozenset({"ManagerId"})},
    )
    audit = audit(demo)
    check = check_org(audit.org)
    assert not audit.files.root.exists()
    assert not [
        each
        for each in demo.requests
        if "query" in each.path
        and "count()" not in each.path
        and "Permissions" not in each.path
        and "Username" not in each.path
    ]
    found = {each.object: each for each in check.objects}
    for extracted in audit.run().values():
        checked = found[extracted.object]
        assert (checked.status, checked.missing_fields, checked.remediation) == (
            extracted.status,
            extracted.missing_fields,
            extracted.remediation,
        )
        if extracted.object != "LoginHistory":  # the check counts beyond the six months that are read
            assert (checked.rows or 0) == extracted.rows
    assert check.reader.username == demo.username
    assert check.calls_left is not None
    assert check.calls_allowed == 100_000


def test_the_check_tells_own_rows_where_permissions_may_not_be_asked_for(serve, audit) -> None:
    lacks = frozenset({"CustomizeApplication"})
    check = check_org(audit(serve(reader_lacks=lacks, hidden_objects=frozenset({"UserPermissionAccess"}))).org)
    found = {each.object: each.status for each in check.objects}
    assert (found["OauthToken"], found["AuthSession"], found["LoginHistory"]) == ("own_rows", "read", "read")
