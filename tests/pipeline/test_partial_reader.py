"""A login that may read less than last week's: what it cannot see is not evaluated, and nothing of it is resolved."""

from io import BytesIO

import pdfplumber
import pytest

pytestmark = pytest.mark.xdist_group("audited")

NEEDS_TOKENS = {"stale_oauth_token", "never_used_oauth_token", "orphaned_oauth_token", "unmanaged_app"}
NEEDS_SESSIONS = {"integration_user_ui_session"}
NEEDS_LOGINS = {"integration_user_interactive_login", "integration_user_password_login"}


@pytest.mark.parametrize(
    ("lacks", "not_evaluated", "cure"),
    [
        ({"CustomizeApplication"}, NEEDS_TOKENS, "Customize Application"),
        ({"ManageUsers"}, NEEDS_SESSIONS, "Manage Users"),
        ({"ManageUsers", "MonitorLoginHistory"}, NEEDS_SESSIONS | NEEDS_LOGINS, "Manage Users"),
    ],
    ids=["no tokens", "no sessions", "neither sessions nor logins"],
)
def test_what_a_reader_may_not_see_is_not_zero(a_week_later, second_week, dbt, lacks, not_evaluated, cure) -> None:
    company = a_week_later(reader_lacks=frozenset(lacks))
    before = {each["finding_id"]: each for each in company.published("from findings where status <> 'resolved'")}

    review = company.audit(dbt)

    coverage = {each["finding_type"]: each for each in company.published("from coverage")}
    assert {each for each in coverage if coverage[each]["status"] == "not_evaluated"} >= not_evaluated
    for finding_type, each in coverage.items():
        if each["status"] != "evaluated":
            assert each["reason"], finding_type
    for finding_type in not_evaluated:
        assert cure in coverage[finding_type]["cure"]
        assert company.finding_tables()[finding_type] == []
    gaps = {each for each in coverage if coverage[each]["status"] != "evaluated"}
    resolved = company.published("from findings where status = 'resolved'")
    known = {each["finding_id"] for each in second_week.published("from findings where status = 'resolved'")}
    assert [each for each in resolved if each["finding_type"] in not_evaluated] == []
    assert {each["finding_id"] for each in resolved if each["finding_type"] in gaps} <= known
    unseen = {each for each in before if before[each]["finding_type"] in not_evaluated}
    assert unseen
    still = {each["finding_id"]: each["status"] for each in company.published("from findings")}
    assert all(still[each] in ("open", "waived") for each in unseen)

    with pdfplumber.open(BytesIO(company.files.report(review.snapshot_at.date()).read_bytes())) as pdf:
        text = "\n".join(page.extract_text() for page in pdf.pages)
    assert "Not evaluated" in text
    assert cure in text
