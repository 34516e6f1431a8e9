"""A login that may read less than last week's: what it cannot see is not evaluated, and nothing of it is resolved."""

from io import BytesIO
from typing import Any

import pdfplumber
import pytest

from tests.dbt.needs import ALL, OF_ASSIGNMENTS, OF_LICENSES, OF_LOGINS, OF_TOKENS, SIGNALLED

OF_SESSIONS = {"integration_user_ui_session"}
OF_SETUP = OF_LICENSES | OF_ASSIGNMENTS | {"psl_unused", "license_seats_unassigned"}

SETUP_OBJECTS = frozenset(
    {
        "UserLicense", "PermissionSet", "PermissionSetGroup", "PermissionSetGroupComponent", "PermissionSetAssignment",
        "PermissionSetLicense", "PermissionSetLicenseAssign", "Profile",
    }
)  # fmt: skip

READERS: dict[str, tuple[dict[str, Any], set[str], set[str], str]] = {
    # the org and its reader, types not evaluated, types partial, the remediation; every other type is evaluated
    "no tokens": (
        {"reader_lacks": frozenset({"CustomizeApplication"})},
        OF_TOKENS | {"dormant_integration_user"},
        SIGNALLED - {"dormant_integration_user"},  # use through tokens is a signal
        "Customize Application",
    ),
    "no sessions": (
        {"reader_lacks": frozenset({"ManageUsers"})},
        OF_SESSIONS,
        {"orphaned_oauth_token"},  # UserLogin is hidden: nobody counts as frozen
        "Manage Users",
    ),
    "neither sessions nor logins": (
        {"reader_lacks": frozenset({"ManageUsers", "MonitorLoginHistory"})},
        OF_SESSIONS | OF_LOGINS,
        SIGNALLED - OF_SESSIONS - OF_LOGINS | {"orphaned_oauth_token"},  # logins are a signal
        "",
    ),
    "no users but itself": (
        {"reader_lacks": frozenset({"ViewAllUsers", "ManageUsers"}), "private_users": True},
        OF_SESSIONS,
        SIGNALLED - OF_SESSIONS | {"orphaned_oauth_token"},
        "View All Users",
    ),
    "no setup": (
        {"hidden_objects": SETUP_OBJECTS},
        OF_SETUP,
        SIGNALLED - OF_SETUP,  # licences and permissions are signals
        "View Setup and Configuration",
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_a_reader_may_not_see_is_not_zero(a_week_later, second_week, dbt, reader) -> None:
    options, not_evaluated, partial, remediation = READERS[reader]
    company = a_week_later(**options)
    before = {each["finding_id"]: each for each in company.published("from findings where status <> 'resolved'")}

    review = company.audit(dbt)

    coverage = {each["finding_type"]: each for each in company.published("from coverage")}
    expected = dict.fromkeys(ALL, "evaluated") | dict.fromkeys(partial, "partial")
    expected |= dict.fromkeys(not_evaluated, "not_evaluated")
    assert {each: coverage[each]["status"] for each in coverage} == expected
    for finding_type, each in coverage.items():
        if each["status"] != "evaluated":
            assert each["reason"], finding_type
    for finding_type in not_evaluated:
        assert remediation in coverage[finding_type]["remediation"]
        assert company.finding_tables()[finding_type] == []
    resolved = company.published("from findings where status = 'resolved'")
    known = {each["finding_id"] for each in second_week.published("from findings where status = 'resolved'")}
    assert [each for each in resolved if each["finding_type"] in not_evaluated] == []
    assert {each["finding_id"] for each in resolved if each["finding_type"] in not_evaluated | partial} <= known
    unseen = {each for each in before if before[each]["finding_type"] in not_evaluated}
    assert unseen
    still = {each["finding_id"]: each["status"] for each in company.published("from findings")}
    assert all(still[each] in ("open", "waived") for each in unseen)

    with pdfplumber.open(BytesIO(company.files.report(review.snapshot_at.date()).read_bytes())) as pdf:
        text = "\n".join(page.extract_text() for page in pdf.pages)
    assert "Not evaluated" in text
    assert remediation in text
    grants = [(each["remediation"] or "").split("; ") for each in coverage.values()]
    permissions = [[grant.split(" (")[0] for grant in of_a_type] for of_a_type in grants]
    opened = [sum(grant.permission in of_a_type for of_a_type in permissions) for grant in review.grants]
    assert [grant.checks for grant in review.grants] == sorted(opened, reverse=True) == opened
    first = pdfplumber.open(BytesIO(company.files.report(review.snapshot_at.date()).read_bytes())).pages[0]
    assert f"{review.grants[0].permission}: {opened[0]} more check" in first.extract_text()


def test_11_organization_hidden(a_week_later) -> None:
    company = a_week_later(reader_lacks=frozenset({"ViewSetup"}))
    for command in ("check", "run"):
        ended = company.command(command)
        assert ended.returncode == 1
        assert "no audit is possible without Organization" in ended.stderr
        assert "Grant the login: View Setup and Configuration" in ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr
    assert "API Enabled" not in ended.stdout + ended.stderr
