"""What a query of records answers: values, parents, children, order and bounds, in Salesforce's shape."""

import pytest


def test_a_record_has_its_url_and_its_values_in_the_order_asked_for(answer):
    with answer("SELECT Name, LastLoginDate, Id, IsActive FROM User WHERE Username = 'ann@acme.test'") as found:
        assert (found.kind, found.object_name, found.total_size) == ("records", "User", 1)
        assert found.page_json(0, 10) == (
            '[{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/005000000000001AAA"},'
            '"Name":"Ann Able","LastLoginDate":"2026-11-01T10:11:12.500+0000","Id":"005000000000001AAA",'
            '"IsActive":true}]'
        )


def test_the_url_shows_the_version_of_the_request(answer):
    with answer("SELECT Name FROM Profile LIMIT 1", api_version=60.0) as found:
        assert found.rows(0, 1)[0]["attributes"]["url"].startswith("/services/data/v60.0/sobjects/Profile/00e")


def test_names_are_read_in_any_case_and_answered_in_the_schemas_spelling(ask):
    rows = ask("select USERNAME, profile.NAME from uSER where ID = '005000000000001AAA'")
    assert rows == [{"Username": "ann@acme.test", "Profile": {"Name": "System Administrator"}}]


def test_a_record_without_an_id_still_has_a_url(answer):
    with answer("SELECT Id, UseCount FROM OauthToken WHERE UseCount = 7") as found:
        assert found.rows(0, 1) == [
            {
                "attributes": {
                    "type": "OauthToken",
                    "url": "/services/data/v66.0/sobjects/OauthToken/000000000000000AAA",
                },
                "Id": None,
                "UseCount": 7,
            }
        ]


def test_days_and_numbers(ask):
    rows = ask("SELECT ExpirationDate, TotalLicenses FROM PermissionSetLicense")
    assert rows == [{"ExpirationDate": "2027-01-31", "TotalLicenses": None}]


def test_parents_are_nested_and_null_where_absent(ask):
    rows = ask(
        "SELECT Manager.Name, Name, Profile.UserLicense.LicenseDefinitionKey, Profile.Name FROM User "
        "WHERE Username IN ('svc@acme.test', 'auto@acme.test') ORDER BY Name"
    )
    assert rows == [
        {"Manager": None, "Name": "Automated Process", "Profile": None},
        {
            "Manager": {"Name": "Ann Able"},
            "Name": "Sync_User 100%",
            "Profile": {"UserLicense": {"LicenseDefinitionKey": "SFDC"}, "Name": "Standard User"},
        },
    ]


def test_a_parent_has_its_own_type_and_url(answer):
    with answer("SELECT Users.Username FROM AuthSession WHERE SessionType = 'UI'") as found:
        assert found.rows(0, 1)[0]["Users"] == {
            "attributes": {"type": "User", "url": "/services/data/v66.0/sobjects/User/005000000000001AAA"},
            "Username": "ann@acme.test",
        }


@pytest.mark.parametrize("source", ["User u", "User AS u", "User"])
def test_the_object_or_its_alias_may_lead_a_path(ask, source):
    lead = "u" if " " in source else "User"
    rows = ask(f"SELECT {lead}.Profile.Name FROM {source} WHERE {lead}.FirstName = 'Ann'")
    assert rows == [{"Profile": {"Name": "System Administrator"}}]


def test_child_records(ask):
    rows = ask(
        "SELECT Name, (SELECT AssigneeId, Assignee.Name FROM Assignments WHERE Assignee.Name != 'nobody' "
        "ORDER BY Assignee.Name DESC) FROM PermissionSet ORDER BY Name"
    )
    ann = {"AssigneeId": "005000000000001AAA", "Assignee": {"Name": "Ann Able"}}
    sync = {"AssigneeId": "005000000000003AAA", "Assignee": {"Name": "Sync_User 100%"}}
    assert rows == [
        {"Name": "Admins", "Assignments": {"totalSize": 1, "done": True, "records": [ann]}},
        {"Name": "Reports", "Assignments": {"totalSize": 2, "done": True, "records": [sync, ann]}},
    ]


def test_without_child_records_there_is_null(ask):
    rows = ask("SELECT (SELECT Id FROM User.PermissionSetAssignments) FROM User WHERE FirstName = 'bob'")
    assert rows == [{"PermissionSetAssignments": None}]


def test_limit_and_offset_of_child_records_count_for_each_parent(ask):
    rows = ask(
        "SELECT (SELECT Id FROM PermissionSetAssignments ORDER BY Id LIMIT 1 OFFSET 1) FROM User "
        "WHERE Username IN ('ann@acme.test', 'svc@acme.test') ORDER BY Username"
    )
    second = {"totalSize": 1, "done": True, "records": [{"Id": "0Pa000000000002AAA"}]}
    assert rows == [{"PermissionSetAssignments": second}, {"PermissionSetAssignments": None}]


def test_children_and_parents_of_one_record(ask):
    rows = ask("SELECT Profile.Name, (SELECT Id FROM ManagedUsers ORDER BY Id) FROM User WHERE FirstName = 'Ann'")
    assert rows[0]["Profile"] == {"Name": "System Administrator"}
    assert [each["Id"][:15] for each in rows[0]["ManagedUsers"]["records"]] == ["005000000000002", "005000000000003"]


def test_text_sorts_without_regard_to_case_and_nulls_first(ask):
    rows = ask("SELECT FirstName FROM User ORDER BY FirstName")
    assert [row["FirstName"] for row in rows] == [None, None, None, "Ann", "Automated", "bob"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("ASC NULLS LAST", ["Ann", "Automated", "bob", None]),
        ("DESC", [None, "bob", "Automated", "Ann"]),
        ("DESC NULLS LAST", ["bob", "Automated", "Ann", None]),
        ("NULLS FIRST", [None, "Ann", "Automated", "bob"]),
    ],
)
def test_order_and_place_of_nulls(ask, order, expected):
    rows = ask(f"SELECT FirstName FROM User WHERE Id < '005000000000A05' ORDER BY FirstName {order}")
    assert [row["FirstName"] for row in rows] == expected


def test_order_by_several_and_by_a_parents_field(ask):
    rows = ask("SELECT Username FROM User ORDER BY Profile.Name DESC NULLS LAST, IsActive DESC, Username LIMIT 4")
    assert [row["Username"][:3] for row in rows] == ["ann", "svc", "upp", "bob"]


def test_limit_and_offset(answer):
    with answer("SELECT Username FROM User ORDER BY Username LIMIT 2 OFFSET 1") as found:
        assert found.total_size == 2
        assert [row["Username"] for row in found.rows(0, 10)] == ["auto@acme.test", "bob@acme.test"]


def test_fields_all_gives_every_field_of_the_version(answer):
    with answer("SELECT FIELDS(ALL) FROM AuthSession LIMIT 200", api_version=63.0) as found:
        assert found.total_size == 2
        assert {"Id", "UsersId", "IsCurrent"} < set(found.columns)
        assert "IsAssociatedWithJwtAccessToken" not in found.columns


def test_fields_standard_needs_no_limit_and_may_stand_beside_parents(answer):
    with answer("SELECT Profile.Name, FIELDS(STANDARD) FROM User") as found:
        assert found.columns[:2] == ("Profile.Name", "Id")
        assert found.total_size == 6


def test_fields_custom_beside_others_adds_nothing(answer):
    with answer("SELECT Name, FIELDS(CUSTOM) FROM User LIMIT 200") as found:
        assert found.columns == ("Name",)


def test_deleted_rows_are_found_by_query_all_alone(ask):
    soql = "SELECT DeveloperName FROM PermissionSetLicense ORDER BY DeveloperName"
    assert ask(soql) == [{"DeveloperName": "Kept"}]
    assert ask(soql, all_rows=True) == [{"DeveloperName": "Gone"}, {"DeveloperName": "Kept"}]


@pytest.mark.parametrize("end", ["FOR VIEW", "FOR REFERENCE", "FOR UPDATE", "ALL ROWS", "LIMIT 9 FOR VIEW ALL ROWS"])
def test_clauses_without_effect_are_read(ask, end):
    assert len(ask(f"SELECT Id FROM Profile {end}")) == 3
