"""The audit user: guide, permission set and program name the same permissions, and the metadata can be deployed."""

import json
import re

from spendready_pipeline.catalog.powerful_permissions import TIER_0, TIER_1, TIER_2
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.policy.configuration import Policy
from tests.docs.audit_user import (
    GUIDE,
    NAMESPACE,
    PERMISSION_SET,
    SALESFORCE,
    granted,
    guide,
    justification,
    permission_set,
)

WITH_MANAGE_USERS = {
    "AssignPermissionSets",
    "DelegatedTwoFactor",
    "FreezeUsers",
    "ManageInternalUsers",
    "ManageIpAddresses",
    "ManageLoginAccessPolicies",
    "ManagePasswordPolicies",
    "ManageProfilesPermissionsets",
    "ManageRoles",
    "ManageSharing",
    "MonitorLoginHistory",
    "ResetPasswords",
    "ViewAllUsers",
    "ViewRoles",
    "ViewSetup",
}
"""What a deployed permission set of GSA/SF_WorkSpace has beside Manage Users (Help 000385064)."""
OWN = {"ApiEnabled", "ApiUserOnly", "CustomizeApplication", "ManageUsers", "ViewAllProfiles"}


def test_the_permission_set_grants_what_the_audit_reads_with_and_what_comes_along_and_no_more() -> None:
    assert granted() == sorted(OWN | WITH_MANAGE_USERS)


def test_the_permission_set_is_metadata_that_can_be_deployed() -> None:
    """Elements stand in the order of the Metadata API's PermissionSet: by name, `enabled` before `name`."""
    root = permission_set()
    assert root.tag == f"{NAMESPACE}PermissionSet"
    elements = [each.tag.removeprefix(NAMESPACE) for each in root]
    assert elements == ["description", "hasActivationRequired", "label", *["userPermissions"] * len(granted())]
    assert len(root.findtext(f"{NAMESPACE}description") or "") <= 255
    for each in root.iter(f"{NAMESPACE}userPermissions"):
        assert [child.tag.removeprefix(NAMESPACE) for child in each] == ["enabled", "name"]
    assert PERMISSION_SET.read_text(encoding="utf-8").startswith('<?xml version="1.0" encoding="UTF-8"?>\n')


def test_the_project_leads_to_the_permission_set() -> None:
    project = json.loads((SALESFORCE / "sfdx-project.json").read_text(encoding="utf-8"))
    (package,) = project["packageDirectories"]
    assert PERMISSION_SET.parent == SALESFORCE / package["path"]
    assert f"--source-dir {package['path']} " in guide()


def test_the_permission_set_has_what_the_program_needs_to_see_each_object_whole() -> None:
    for each in OBJECTS:
        assert set(each.own_rows_without) <= set(granted()), each.name


def test_the_guide_names_each_permission_of_the_permission_set() -> None:
    section = guide().partition("## 1. ")[2].partition("\n## 2. ")[0]
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", section))
    assert set(granted()) <= named


def test_the_guides_justification_is_what_the_permission_set_has_of_the_powerful_permissions() -> None:
    powerful = {*TIER_0, *TIER_1, *TIER_2}
    assert justification()["permissions"] == sorted(powerful & set(granted()))
    assert len(justification()["permissions"]) == 8
    Policy.model_validate({"justified_permissions": [justification()]})


def test_the_guides_links_to_the_permission_set_lead_there() -> None:
    links = re.findall(r"\]\((\.\./deploy/[^)]+)\)", guide())
    assert [(GUIDE.parent / each).resolve() for each in links] == [PERMISSION_SET]
