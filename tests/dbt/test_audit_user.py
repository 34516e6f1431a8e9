"""The audit user that docs/connect-salesforce.md makes: justified as the guide says, it is no finding."""

from datetime import timedelta

import pytest

from spendready_pipeline.catalog.salesforce_objects import KNOWN_PERMISSIONS
from tests.dbt.orgs import Dbt, HandMadeOrg, salesforce_id
from tests.docs.audit_user import granted, justification


@pytest.fixture
def read_by_the_guide(org: HandMadeOrg) -> HandMadeOrg:
    """An org whose audit user has the guide's license, profile and permission set."""
    guide_user = justification()["username"]
    profile = org.license("SALESFORCE_INTEGRATION_USER", "Salesforce Integration")
    org.sql('update raw.profile set "Name" = ?', "Minimum Access - API Only Integrations")
    user = org.user("audit", profile, Username=guide_user)
    permission_set = org.add(
        "PermissionSet",
        Id=salesforce_id("0PS", "audit"),
        Name="SpendReady_Audit",
        Label="SpendReady Audit",
        Type="Regular",
        IsOwnedByProfile=False,
        **{f"Permissions{each}": True for each in KNOWN_PERMISSIONS if each in granted()},
    )
    org.add(
        "PermissionSetAssignment",
        Id=salesforce_id("0Pa", "audit"),
        AssigneeId=user,
        PermissionSetId=permission_set,
        IsActive=True,
        SystemModstamp=org.ago(days=3),
    )
    return org


def excess(dbt: Dbt, org: HandMadeOrg) -> list[list[str]]:
    model = "finding_integration_user_excess_permissions"
    dbt.build(org, "--select", f"+{model}", "--indirect-selection", "cautious")
    return [row["permissions"] for row in org.rows(f"select permissions from findings.{model}")]


def test_the_guides_audit_user_with_the_guides_justification_has_no_excess_permissions(
    dbt: Dbt, read_by_the_guide: HandMadeOrg
) -> None:
    for permission in justification()["permissions"]:
        read_by_the_guide.policy(
            "justified_permissions",
            username=justification()["username"],
            permission=permission,
            reason="audit",
            owner="security",
            expires=read_by_the_guide.now.date() + timedelta(days=1),
        )
    assert excess(dbt, read_by_the_guide) == []


def test_without_it_all_eight_are_reported(dbt: Dbt, read_by_the_guide: HandMadeOrg) -> None:
    assert excess(dbt, read_by_the_guide) == [justification()["permissions"]]
