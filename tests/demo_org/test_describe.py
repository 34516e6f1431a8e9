"""Describe calls: what a foreign client finds in them."""

import pytest

from demo_org.describe import describe, summarize
from demo_org.schema import PERMISSIONS, SOBJECTS
from demo_org.soql.engine import Reader

ADMIN = Reader("005000000000001AAA", frozenset(PERMISSIONS))
PLAIN = Reader("005000000000003AAA", frozenset())


def _fields(name, reader=ADMIN, api_version=66.0):
    return {each["name"]: each for each in describe(SOBJECTS[name], reader, api_version)["fields"]}


def test_a_summary_leads_to_the_describe():
    summary = summarize(SOBJECTS["OauthToken"], "/services/data/v66.0")
    assert summary["urls"] == {
        "rowTemplate": "/services/data/v66.0/sobjects/OauthToken/{ID}",
        "describe": "/services/data/v66.0/sobjects/OauthToken/describe",
        "sobject": "/services/data/v66.0/sobjects/OauthToken",
    }
    assert (summary["name"], summary["keyPrefix"], summary["queryable"]) == ("OauthToken", "0CQ", True)
    assert not any(summary[each] for each in ("createable", "updateable", "deletable", "custom"))


@pytest.mark.parametrize(
    ("sobject", "field", "expected"),
    [
        (
            "PermissionSet",
            "Name",
            {"type": "string", "length": 80, "byteLength": 240, "nillable": False, "nameField": True,
             "soapType": "xsd:string", "label": "API Name"},
        ),
        (
            "PermissionSet",
            "LicenseId",
            {"type": "reference", "length": 18, "byteLength": 18, "relationshipName": "License", "soapType": "tns:ID",
             "referenceTo": ["PermissionSetLicense", "UserLicense"], "polymorphicForeignKey": True,
             "namePointing": True},
        ),
        (
            "PermissionSet",
            "PermissionsEmailSingle",
            {"type": "boolean", "filterable": True, "sortable": False, "groupable": False, "aggregatable": False,
             "defaultValue": False, "soapType": "xsd:boolean", "label": "Send Email", "length": 0},
        ),
        (
            "LoginHistory",
            "Status",
            {"filterable": False, "sortable": True, "groupable": True, "length": 128, "byteLength": 384},
        ),
        ("LoginHistory", "LoginTime", {"type": "datetime", "groupable": False, "soapType": "xsd:dateTime"}),
        ("OauthToken", "UseCount", {"type": "int", "digits": 9, "soapType": "xsd:int", "byteLength": 0}),
        ("User", "Latitude", {"type": "double", "precision": 18, "scale": 15, "soapType": "xsd:double"}),
        ("PermissionSetLicense", "ExpirationDate", {"type": "date", "soapType": "xsd:date"}),
        ("User", "Id", {"type": "id", "idLookup": True, "defaultedOnCreate": True, "soapType": "tns:ID"}),
        ("User", "Email", {"type": "email", "soapType": "xsd:string"}),
    ],
)  # fmt: skip
def test_a_field_is_described_as_a_real_org_does(sobject, field, expected):
    described = _fields(sobject)[field]
    assert expected.items() <= described.items()


def test_picklist_values():
    described = _fields("AuthSession")["SessionType"]
    assert described["restrictedPicklist"]
    assert {"active": True, "defaultValue": False, "label": "UI", "validFor": None, "value": "UI"} in described[
        "picklistValues"
    ]


def test_version_and_permissions_decide_which_fields_are_there():
    assert "IsAssociatedWithJwtAccessToken" in _fields("AuthSession", api_version=64.0)
    assert "IsAssociatedWithJwtAccessToken" not in _fields("AuthSession", api_version=63.0)
    assert "NumberOfFailedLogins" in _fields("User")
    assert "NumberOfFailedLogins" not in _fields("User", PLAIN)


def test_the_version_decides_what_can_be_filtered():
    assert _fields("UserLicense", api_version=63.0)["UsedLicenses"]["filterable"]
    assert not _fields("UserLicense", api_version=64.0)["UsedLicenses"]["filterable"]


def test_child_relationships_lead_to_objects_that_the_reader_sees():
    children = describe(SOBJECTS["User"], ADMIN, 66.0)["childRelationships"]
    assert ("PermissionSetAssignment", "AssigneeId", "PermissionSetAssignments") in {
        (each["childSObject"], each["field"], each["relationshipName"]) for each in children
    }
    plain = describe(SOBJECTS["User"], PLAIN, 66.0)["childRelationships"]
    assert "PermissionSetAssignment" not in {each["childSObject"] for each in plain}
    assert "OauthToken" in {each["childSObject"] for each in plain}
