"""Assignments in force, powerful permissions, who answers for them, and how severe a finding is."""

from datetime import UTC, datetime, time, timedelta

from spendready_pipeline.catalog.powerful_permissions import TIER_0, TIER_1, TIER_2
from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading.org import Org, plain
from tests.finding_types import TYPES

POWERFUL = {*TIER_0, *TIER_1, *TIER_2}


def assignments_in_force(org: Org, user: Row) -> list[tuple[Row, Row]]:
    """A user's assignments that hold now, each with its permission set."""
    found = []
    for each in org.of("PermissionSetAssignment", "AssigneeId", user["Id"]):
        given = org.by_id("PermissionSet", each["PermissionSetId"])
        group = org.by_id("PermissionSetGroup", group_id(each, given) if given else None)
        if (
            given is not None
            and each["IsActive"] is not False
            and each["IsRevoked"] is not True
            and (each["ExpirationDate"] is None or each["ExpirationDate"] > org.now)
            and given["HasActivationRequired"] is not True
            and not (group and group["HasActivationRequired"])
        ):
            found.append((each, given))
    return found


def group_id(assignment: Row, permission_set: Row) -> str | None:
    """The group that is assigned, if it is one."""
    return assignment["PermissionSetGroupId"] or permission_set["PermissionSetGroupId"]


def granted(permission_set: Row) -> set[str]:
    """The permissions that a set gives, without the prefix."""
    return {name.removeprefix("Permissions") for name in permission_set if _is_given(permission_set, name)}


def _is_given(permission_set: Row, name: str) -> bool:
    return name.startswith("Permissions") and permission_set[name] is True


def holds(org: Org, user: Row, permission: str) -> bool:
    """Something in force gives the user this permission."""
    return any(permission in granted(given) for _, given in assignments_in_force(org, user))


def severity(org: Org, finding_type: str, user: Row | None) -> str:
    """One step above the type's own where the user is active and controls the org."""
    raised = user is not None and user["IsActive"] and any(holds(org, user, each) for each in TIER_0)
    return TYPES[finding_type].raised if raised else TYPES[finding_type].severity


def justified(org: Org, user: Row) -> set[str]:
    """The permissions of a user that somebody still answers for: until the day has ended in UTC."""
    return {
        row["permission"]
        for row in org.policy.get("justified_permissions", [])
        if plain(row["username"]) == plain(user["Username"] or "")
        and org.now < datetime.combine(row["expires"] + timedelta(days=1), time(), UTC)
    }


def unjustified(org: Org, user: Row, permission_set: Row) -> set[str]:
    """Powerful permissions of a set that nobody answers for in the hands of this user."""
    return granted(permission_set) & POWERFUL - justified(org, user)


def source(org: Org, assignment: Row, permission_set: Row) -> tuple[str, str | None]:
    """What gives a permission, by the kind and the name that Setup shows: the label, else the API name."""
    if permission_set["IsOwnedByProfile"] or permission_set["ProfileId"]:
        profile = org.by_id("Profile", permission_set["ProfileId"])
        return "profile", profile["Name"] if profile else None
    names = [permission_set["Label"], permission_set["Name"]]
    if not group_id(assignment, permission_set):
        return "permission_set", next(filter(None, names), None)
    group = org.by_id("PermissionSetGroup", group_id(assignment, permission_set))
    names = [group["MasterLabel"], group["DeveloperName"], *names] if group else names
    return "group", next(filter(None, names), None)
