"""Everything that the rules say of one org."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.dbt.oracle.odd_org import OddOrg, Row
from tests.dbt.oracle.reading import access, licenses, people, tokens
from tests.dbt.oracle.reading.coverage import statuses
from tests.dbt.oracle.reading.org import Org
from tests.dbt.oracle.reading.permissions import severity

TYPES: dict[str, tuple[str, Callable[[Org], Iterable[tuple[Any, Row | None, dict[str, Any]]]]]] = {
    "integration_user_ui_session": ("high", access.ui_sessions),
    "integration_user_interactive_login": ("high", access.interactive_logins),
    "integration_user_not_api_only": ("medium", access.not_api_only),
    "integration_user_password_login": ("medium", access.password_logins),
    "integration_user_excess_permissions": ("high", access.excess_permissions),
    "temporary_access_never_removed": ("medium", access.temporary_access),
    "shared_integration_credentials": ("high", access.shared_credentials),
    "stale_oauth_token": ("medium", tokens.stale),
    "never_used_oauth_token": ("medium", tokens.never_used),
    "orphaned_oauth_token": ("high", tokens.orphaned),
    "unmanaged_app": ("medium", tokens.unmanaged_apps),
    "integration_user_on_interactive_license": ("medium", licenses.on_interactive_license),
    "dormant_integration_user": ("medium", licenses.dormant),
    "inactive_user": ("low", licenses.inactive),
    "psl_unused": ("low", licenses.psl_unused),
    "license_seats_unassigned": ("low", licenses.seats_unassigned),
}
"""Each type's base severity, and what finds it."""


def expected_findings(odd: OddOrg) -> list[Row]:
    """Every finding: the common columns, and its type's own; a token that its key is hashed for has that key."""
    org = Org(odd)
    evaluated = [name for name, status in statuses(org).items() if status != "not_evaluated"]
    return [_row(org, name, TYPES[name][0], *found) for name in evaluated for found in TYPES[name][1](org)]


def _row(org: Org, finding_type: str, base: str, subject: Any, about: Row | None, own: Row) -> Row:
    user, user_id = about, about["Id"] if about else None
    if about is not None and "AppName" in about:
        user = tokens.user_of(org, about)
        user_id = user["Id"] if user else about["UserId"]
    common = {
        "finding_type": finding_type,
        "subject_id": subject,
        "severity": severity(org, base, user),
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
