"""What a login may not see is said, with its cure; it neither fails the run nor looks like an empty org."""

import pytest

from spendready_pipeline.demo_org.faults import Fault
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.check import check_org
from spendready_pipeline.salesforce.objects import OBJECTS


def extraction(audit) -> dict[str, tuple[str, int, str | None, str | None]]:
    found = audit.rows('select object, status, "rows", reason, cure from raw.extraction')
    return {name: tuple(rest) for name, *rest in found}


def test_what_shows_own_rows_or_nothing_says_so_and_what_to_grant(serve, audit) -> None:
    audit = audit(serve(reader_lacks=frozenset({"CustomizeApplication", "ManageUsers"})))
    audit.run()
    found = extraction(audit)
    status, rows, reason, cure = found["OauthToken"]
    assert (status, cure) == ("own_rows", "Customize Application")
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


def test_without_view_setup_what_needs_it_is_hidden_and_the_run_goes_on(serve, audit) -> None:
    audit = audit(serve(reader_lacks=frozenset({"ViewSetup"})))
    audit.run()
    found = extraction(audit)
    hidden = {name for name, (status, *_) in found.items() if status == "hidden"}
    assert {"UserLicense", "PermissionSetLicense"} <= hidden
    assert all("View Setup and Configuration" in found[name][3] for name in hidden)
    assert (found["User"][0], found["OauthToken"][0]) == ("read", "read")
    assert {name: len(rows) for name, rows in audit.raw().items()} == {
        wanted.table: found[wanted.name][1] for wanted in OBJECTS
    }


def test_objects_that_the_org_does_not_have_are_hidden(serve, audit) -> None:
    absent = frozenset({"AppMenuItem", "ExternalClientApplication", "PermissionSetGroup"})
    extracted = audit(serve(hidden_objects=absent)).run()
    assert {each.object for each in extracted.values() if each.status == "hidden"} == absent
    assert all(extracted[name].cure for name in absent)
    assert {each.status for each in extracted.values() if each.object not in absent} == {"read"}


def test_a_field_that_the_org_does_not_have_costs_that_field(serve, audit) -> None:
    missing = {"OauthToken": frozenset({"CreatedDate", "UseCount"}), "User": frozenset({"ManagerId"})}
    audit = audit(serve(without_fields=missing))
    extracted = audit.run()
    assert set(extracted["OauthToken"].missing_fields) == missing["OauthToken"]
    assert extracted["OauthToken"].status == "read"
    assert audit.rows('select count("CreatedDate"), count("LastUsedDate") > 0 from raw.oauth_token') == [(0, True)]
    assert audit.rows("select missing_fields from raw.extraction where object = 'User'") == [(["ManagerId"],)]


@pytest.mark.parametrize("name", ["User", "Organization"])
def test_without_an_essential_object_the_run_stops_and_says_what_to_grant(serve, audit, name) -> None:
    audit = audit(serve(hidden_objects=frozenset({name})))
    with pytest.raises(OrgError, match=f"demo: {name} could not be read") as error:
        audit.run()
    assert "API Enabled" in error.value.remedy


def test_what_takes_salesforce_too_long_costs_that_object_alone(serve, audit) -> None:
    query = Fault(containing="FROM AuthSession", times=99, status=500, error_code="QUERY_TIMEOUT")
    count = Fault(containing="count() FROM LoginHistory", times=99, status=400, error_code="QUERY_TIMEOUT")
    extracted = audit(serve(faults=[query, count])).run()
    sessions, logins = extracted.pop("AuthSession"), extracted.pop("LoginHistory")
    assert (sessions.status, sessions.rows) == ("failed", 0)
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
        assert (checked.status, checked.missing_fields, checked.cure) == (
            extracted.status,
            extracted.missing_fields,
            extracted.cure,
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
