"""Everything that the rules say of one org."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.dbt.oracle.odd_org import OddOrg, Row
from tests.dbt.oracle.reading import access, licenses, people, tokens
from tests.dbt.oracle.reading.coverage import statuses
from tests.dbt.oracle.reading.org import Org
from tests.dbt.oracle.reading.permissions import severity

READINGS: dict[str, Callable[[Org], Iterable[tuple[Any, Row | None, dict[str, Any]]]]] = {
    "integration_user_ui_session": access.ui_sessions,
    "integration_user_interactive_login": access.interactive_logins,
    "integration_user_not_api_only": access.not_api_only,
    "integration_user_password_login": access.password_logins,
    "integration_user_excess_permissions": access.excess_permissions,
    "temporary_access_never_removed": access.temporary_access,
    "shared_integration_credentials": access.shared_credentials,
    "stale_oauth_token": tokens.stale,
    "never_used_oauth_token": tokens.never_used,
    "orphaned_oauth_token": tokens.orphaned,
    "unmanaged_app": tokens.unmanaged_apps,
    "integration_user_on_interactive_license": licenses.on_interactive_license,
    "dormant_integration_user": licenses.dormant,
    "inactive_user": licenses.inactive,
    "psl_unused": licenses.psl_unused,
    "license_seats_unassigned": licenses.seats_unassigned,
}
"""What finds the findings of each type."""


def expected_findings(odd: OddOrg) -> list[Row]:
    """Every finding: the common columns, and its type's own; a token that its key is hashed for has that key."""
    org = Org(odd)
    evaluated = [name for name, status in statuses(org).items() if status != "not_evaluated"]
    return [_row(org, name, *found) for name in evaluated for found in READINGS[name](org)]


def _row(org: Org, finding_type: str, subject: Any, about: Row | None, own: Row) -> Row:
    user, user_id = about, about["Id"] if about else None
    if about is not None and "AppName" in about:
        user = tokens.user_of(org, about)
        user_id = user["Id"] if user else about["UserId"]
    common = {
        "finding_type": finding_type,
        "subject_id": subject,
        "severity": severity(org, finding_type, user),
        "user_id": user_id,
        "username": user["Username"] if user else None,
        "annual_cost": None,
    }
    return common | own


def expected_coverage(odd: OddOrg) -> list[Row]:
    """How far each finding type can be evaluated."""
    return [{"finding_type": name, "status": status} for name, status in statuses(Org(odd)).items()]


def expected_integration_users(odd: OddOrg) -> list[Row]:
    """The rows of `integration_users`."""
    org = Org(odd)
    return [row for row in (people.judged(org, user) for user in org.all("User")) if row]
