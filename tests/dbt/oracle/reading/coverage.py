"""How far each finding type can be evaluated where something could not be read."""

from tests.dbt.needs import ALL, GAPS, OF_LOGINS, SIGNALLED
from tests.dbt.oracle.reading import people
from tests.dbt.oracle.reading.org import Org, id15


def statuses(org: Org) -> dict[str, str]:
    """Evaluated, partial or not evaluated, for each type."""
    not_evaluated: set[str] = set()
    partial: set[str] = set()
    for sobject, how, lost, doubtful in GAPS.values():
        if org.is_read_as(sobject, how):
            not_evaluated |= lost
            partial |= doubtful
    if any(
        user["IsActive"] and not people.is_system_user(org, user) and people.license_of(org, user) is None
        for user in org.all("User")
    ):
        partial |= SIGNALLED
    if org.is_whole("ConnectedApplication") and not org.all("ConnectedApplication") and org.all("OauthToken"):
        partial.add("unmanaged_app")
    if _lacks_users(org):
        partial |= SIGNALLED | {"orphaned_oauth_token"}
    if _no_login_succeeds(org, org.thresholds["login_window_days"]):
        partial |= OF_LOGINS
    if _no_login_succeeds(org, 180):
        partial |= SIGNALLED  # a signal of integration users is missing
    if any(_no_status_is_known(org, each) for each in ("UserLicense", "PermissionSetLicense")):
        partial |= {"license_seats_unassigned"}
    found = dict.fromkeys(ALL, "evaluated") | dict.fromkeys(partial, "partial")
    return found | dict.fromkeys(not_evaluated, "not_evaluated")


def _lacks_users(org: Org) -> bool:
    """Tokens, freeze states or assignments name users that User does not have."""
    known = {id15(user["Id"]) for user in org.all("User")}
    named = {
        id15(row[field])
        for sobject, field in (
            ("OauthToken", "UserId"), ("UserLogin", "UserId"), ("PermissionSetAssignment", "AssigneeId"),
        )
        for row in org.all(sobject)
    }  # fmt: skip
    return bool(named - known - {None})


def _no_login_succeeds(org: Org, days: int) -> bool:
    """There are logins in the window and none of them has the status Success."""
    statuses = [each["Status"] for each in org.all("LoginHistory") if each["LoginTime"] > org.ago(days)]
    can_tell = org.has_field("LoginHistory", "Status") and org.has_field("LoginHistory", "LoginTime")
    return can_tell and bool(statuses) and "Success" not in statuses


def _no_status_is_known(org: Org, sobject: str) -> bool:
    """Licences have statuses, and none of them is one that Salesforce documents."""
    statuses = {each["Status"] for each in org.all(sobject)} - {None}
    return bool(statuses) and not statuses & {"Active", "Disabled"}
