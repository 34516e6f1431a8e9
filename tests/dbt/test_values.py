"""The values that real orgs send, a row each: what the lists of `dbt_project/seeds` make of them.

The tables in `values/` say where each value was seen and what the rules make of it; the tables are written from the
rules, never from the seeds. Each is given to one org, which is built once.
"""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.oracle.built import Models
from tests.dbt.oracle.odd_org import OddOrg, Row
from tests.dbt.orgs import NOW, salesforce_id

VALUES = Path(__file__).parent / "values"


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of values."""
    with (VALUES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbered(prefix: str, rows: list[Row]) -> list[Row]:
    """The rows, each with an Id that tells its place."""
    return [{"Id": salesforce_id(prefix, f"x{place:04}")} | row for place, row in enumerate(rows)]


def built(models: Models, tables: dict[str, list[Row]], query: str) -> list[dict[str, Any]]:
    """What a query gives of an org with these records; what an org has and a test does not mention is not there."""
    organization = {"Id": "00D000000000001AAA", "Name": "Acme", "IsSandbox": False}
    models.build(OddOrg({"Organization": [organization]} | tables))
    return models.rows(query)


def people(rows: list[Row], licenses: list[Row], profiles: list[str] | None = None) -> dict[str, list[Row]]:
    """Active users, each with a profile and a license of its own."""
    licenses = numbered("100", licenses)
    owned = [
        {"Name": profiles[place] if profiles else "Profile", "UserLicenseId": each["Id"]}
        for place, each in enumerate(licenses)
    ]
    profile_rows = numbered("00e", owned)
    users = [
        {"Username": f"u{place}@acme.example", "UserType": "Standard", "IsActive": True, "ProfileId": profile["Id"]}
        | row
        for place, (row, profile) in enumerate(zip(rows, profile_rows, strict=True))
    ]
    return {"UserLicense": licenses, "Profile": profile_rows, "User": numbered("005", users)}


def unnamed(models: Models) -> list[dict[str, Any]]:
    """The notes of coverage about values that are in no list."""
    return models.rows("select finding_type, reason from marts.coverage where reason like '%that are not known: %'")


def test_licenses(models: Models) -> None:
    rows = table("license_keys")
    licenses = [
        {"LicenseDefinitionKey": row["license_key"] or None, "Name": row["license_name"] or None} for row in rows
    ]
    org = people([{}] * len(rows), licenses)
    found = built(models, org, "select category, is_free, is_system from intermediate.int_licenses order by license_id")
    said = [
        {"category": row["category"], "is_free": row["is_free"] == "true", "is_system": row["is_system"] == "true"}
        for row in rows
    ]
    assert dict(zip(map(str, rows), found, strict=True)) == dict(zip(map(str, rows), said, strict=True))
    assert unnamed(models) == []


def test_login_types_and_sub_types(models: Models) -> None:
    rows = table("login_types")
    logins = [
        {
            "LoginType": row["login_type"],
            "LoginSubType": row["login_sub_type"] or None,
            "LoginTime": NOW,
            "Status": "Success",
        }
        for row in rows
    ]
    found = built(
        models,
        {"LoginHistory": numbered("0Ya", logins)},
        "select login_type, coalesce(login_sub_type, '') as sub_type, kind from intermediate.int_login_kinds",
    )
    kinds = {(row["login_type"], row["sub_type"]): row["kind"] for row in found}
    assert kinds == {(row["login_type"], row["login_sub_type"]): row["kind"] for row in rows}
    assert unnamed(models) == []


def test_statuses_browsers_and_applications_of_logins(models: Models) -> None:
    """A status counts that is a success, a browser that is none, and an application that names a client."""
    rows = table("login_history")
    org = people([{"Username": row["value"]} for row in rows], [{"Name": "Salesforce"}] * len(rows))
    logins: list[Row] = []
    for user, row in zip(org["User"], rows, strict=True):
        given = {"UserId": user["Id"], "LoginTime": NOW, "Status": "Success", "LoginType": "Remote Access 2.0"}
        given |= {"Browser": "Unknown", row["field"]: row["value"]}
        if row["field"] == "Status":
            logins.append(given | {"LoginType": "Application"})
        elif row["field"] == "Browser":
            logins += [given | {"LoginTime": NOW - timedelta(hours=4 * number)} for number in range(100)]
        else:
            logins += [given, given | {"Application": "Another"}]
    org["LoginHistory"] = numbered("0Ya", logins)
    declared = [{"username": row["value"]} for row in rows if row["field"] != "Browser"]
    organization = {"Id": "00D000000000001AAA", "Name": "Acme", "IsSandbox": False}
    models.build(OddOrg({"Organization": [organization]} | org, {"integration_usernames": declared}))
    found = {
        "Status": "findings.finding_integration_user_interactive_login",
        "Browser": "marts.integration_users where list_contains(reasons, 'behavior_only')",
        "Application": "findings.finding_shared_integration_credentials",
    }
    for field, source in found.items():
        counts = {row["value"] for row in rows if row["field"] == field and row["counts"] == "true"}
        assert {row["username"] for row in models.rows(f"select username from {source}")} == counts, field


def test_session_types(models: Models) -> None:
    rows = table("session_types")
    org = people(
        [{"Username": row["session_type"]} for row in rows],
        [{"LicenseDefinitionKey": "SALESFORCE_INTEGRATION_USER", "Name": "Salesforce Integration"}] * len(rows),
    )
    org["AuthSession"] = numbered(
        "0Ak",
        [
            {"UsersId": user["Id"], "SessionType": user["Username"], "NumSecondsValid": 7200, "LastModifiedDate": NOW}
            for user in org["User"]
        ],
    )
    found = built(models, org, "select username, session_types from findings.finding_integration_user_ui_session")
    in_browser = {row["session_type"] for row in rows if row["is_user_interface"] == "true"}
    assert {row["username"]: row["session_types"] for row in found} == {each: [each] for each in in_browser}
    assert unnamed(models) == []


def test_salesforces_own_clients(models: Models) -> None:
    rows = table("salesforce_clients")
    org = {
        "OauthToken": numbered("0CQ", [{"UserId": "005", "AppName": row["app_name"]} for row in rows]),
        "ConnectedApplication": numbered("0H4", [{"Name": "Another"}]),
    }
    found = built(models, org, "select app_name, reasons, severity from findings.finding_unmanaged_app")
    assert {row["app_name"]: (row["reasons"], row["severity"]) for row in found} == {
        row["app_name"]: (["salesforce_client"], "low") for row in rows
    }


def test_salesforces_own_users(models: Models) -> None:
    rows = table("system_users")
    org = people(
        [{"Username": row["username"], "UserType": row["user_type"], "Alias": row["alias"]} for row in rows],
        [{"LicenseDefinitionKey": f"ODD_{place}", "Name": row["license_name"]} for place, row in enumerate(rows)],
        [row["profile_name"] for row in rows],
    )
    found = built(models, org, "select username from marts.integration_users where reasons = ['system_user']")
    assert {row["username"] for row in found} == {row["username"] for row in rows if row["is_system"] == "true"}


def test_api_only_profiles(models: Models) -> None:
    rows = table("api_only_profiles")
    org = people(
        [{"Username": row["profile_name"]} for row in rows],
        [{"LicenseDefinitionKey": f"ODD_{place}", "Name": row["license_name"]} for place, row in enumerate(rows)],
        [row["profile_name"] for row in rows],
    )
    org["PermissionSet"] = numbered(
        "0PS",
        [
            {"Name": "X", "IsOwnedByProfile": True, "ProfileId": profile["Id"], "PermissionsApiUserOnly": True}
            for profile in org["Profile"]
        ],
    )
    org["PermissionSetAssignment"] = numbered(
        "0Pa",
        [
            {"AssigneeId": user["Id"], "PermissionSetId": each["Id"]}
            for user, each in zip(org["User"], org["PermissionSet"], strict=True)
        ],
    )
    found = built(models, org, "select username, is_integration_user, reasons from marts.integration_users")
    reasons = {row["username"]: row["reasons"] for row in found}
    for row in rows:
        said = row["reason"]
        assert said in reasons[row["profile_name"]], row
        assert ("integration_profile" in reasons[row["profile_name"]]) == (said == "integration_profile"), row
    assert {row["username"] for row in found if not row["is_integration_user"]} == {
        row["profile_name"] for row in rows if row["reason"] == "system_user"
    }


@pytest.mark.parametrize(
    ("sobject", "field", "note"),
    [
        ("LoginHistory", "LoginType", "Login types that are not known: Quantum."),
        ("LoginHistory", "LoginSubType", "Login sub-types that are not known: Quantum."),
        ("AuthSession", "SessionType", "Session types that are not known: Quantum."),
        ("UserLicense", "Name", "Licenses that are not known: Quantum."),
        ("User", "UserType", "User types that are not known: Quantum."),
    ],
)
def test_a_value_that_is_in_no_list_is_named_in_coverage(models: Models, sobject: str, field: str, note: str) -> None:
    org = people([{}], [{"Name": "Salesforce"}])
    org["LoginHistory"] = numbered("0Ya", [{"LoginType": "Application", "LoginTime": NOW, "Status": "Success"}])
    org["AuthSession"] = numbered("0Ak", [{"SessionType": "UI"}])
    org[sobject][0][field] = "Quantum"
    found = built(models, org, "select finding_type, status, reason from marts.coverage where reason is not null")
    assert found
    assert {(row["status"], row["reason"].split(". ")[0] + ".") for row in found} == {("evaluated", note)}
