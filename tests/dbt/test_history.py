"""Weeks of one org: problems appear, are fixed, come back; runs are repeated; an object is unreadable; a waiver ends.

What follows from the observations alone stands in the unit tests of finding_history and findings; here the warehouse
has to remember, and to forget what a second run of a date did not see.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.orgs import NOW, Dbt, HandMadeOrg, salesforce_id

WEEK_1 = NOW + timedelta(weeks=1)
CHANGING = [
    "int_snapshot", "int_accounts", "int_oauth_tokens", "int_integration_users", "int_users", "int_coverage",
    "int_assignments_first_seen", "finding_stale_oauth_token", "finding_inactive_user", "int_findings",
    "int_waiver_matches", "int_observations", "finding_history", "marts.findings", "snapshots",
]  # fmt: skip
"""The models that these weeks change; the others stay as the first build left them."""


class Weeks:
    """An org that is audited again and again."""

    def __init__(self, dbt: Dbt, org: HandMadeOrg) -> None:
        self.dbt, self.org = dbt, org
        self.user = salesforce_id("005", "person")

    def run(self, week: float, *, token: bool = True, tokens_are_read: bool = True) -> datetime:
        """Audits the org in a week (1 is the first), with or without a stale token in it."""
        self.org.at(WEEK_1 + timedelta(weeks=week - 1))
        self.org.sql("delete from raw.oauth_token")
        if token and tokens_are_read:
            self.org.add(
                "OauthToken",
                Id=salesforce_id("0CQ", "t"),
                UserId=self.user,
                AppName="Loader",
                LastUsedDate=WEEK_1 - timedelta(days=100),
                CreatedDate=WEEK_1 - timedelta(days=200),
            )
        self.org.extraction("OauthToken", status="read" if tokens_are_read else "hidden")
        self.dbt.build(self.org, "--select", *CHANGING, "--indirect-selection", "empty")
        return self.org.now

    def finding(self) -> dict[str, Any] | None:
        """The token's row in `findings`, if it has one."""
        rows = self.org.rows("select * from marts.findings where finding_type = 'stale_oauth_token'")
        assert len(rows) <= 1
        return rows[0] if rows else None

    def history(self) -> list[tuple[date, str]]:
        """The token's statuses by snapshot date."""
        rows = self.org.rows("select * from marts.finding_history where finding_type = 'stale_oauth_token'")
        return sorted((row["snapshot_date"], row["status"]) for row in rows)


@pytest.fixture
def weeks(dbt: Dbt, quiet_org: HandMadeOrg, tmp_path: Path) -> Weeks:
    """An org in which one snapshot found nothing, a week before the first."""
    return Weeks(dbt, quiet_org.copy(tmp_path))


def day(week: float) -> date:
    return (WEEK_1 + timedelta(weeks=week - 1)).date()


def test_a_problem_appears_is_fixed_and_comes_back(weeks: Weeks) -> None:
    first = weeks.run(1)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["first_seen"], found["last_seen"]) == ("new", first, first)
    finding_id = found["finding_id"]

    second = weeks.run(2)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["first_seen"], found["last_seen"]) == ("open", first, second)

    # A week in which tokens cannot be read changes nothing, and the type has no rows.
    weeks.run(3, tokens_are_read=False)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["last_seen"], found["resolved_at"]) == ("open", second, None)
    assert weeks.org.rows("from findings.finding_stale_oauth_token") == []

    fourth = weeks.run(4, token=False)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["last_seen"], found["resolved_at"]) == ("resolved", second, fourth)

    fifth = weeks.run(5)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["first_seen"], found["reopened_at"]) == ("open", first, fifth)
    assert (found["finding_id"], found["resolved_at"]) == (finding_id, None)

    assert weeks.history() == [
        (day(1), "new"), (day(2), "open"), (day(4), "resolved"), (day(5), "open"),
    ]  # fmt: skip
    snapshots = weeks.org.rows("select snapshot_date from marts.snapshots order by all")
    assert [row["snapshot_date"] for row in snapshots] == [day(week) for week in (0, 1, 2, 3, 4, 5)]


def test_a_second_run_on_a_date_replaces_the_first(weeks: Weeks) -> None:
    two_hours = 2 / (7 * 24)
    weeks.run(1)
    weeks.run(1 + two_hours, token=False)
    assert weeks.finding() is None
    assert weeks.history() == []

    weeks.run(2)
    again = weeks.run(2 + two_hours)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["first_seen"]) == ("new", again)
    assert weeks.history() == [(day(2), "new")]


def test_a_waiver_holds_until_its_day_has_ended_in_utc(weeks: Weeks) -> None:
    weeks.org.policy("waivers", finding_type="stale_oauth_token", subject=" PERSON@acme.example", expires=day(1))
    weeks.run(1)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["waived_until"]) == ("waived", datetime(2026, 11, 10, tzinfo=UTC))
    weeks.run(2)
    found = weeks.finding()
    assert found is not None
    assert (found["status"], found["waived_until"]) == ("open", None)
    assert weeks.history() == [(day(1), "waived"), (day(2), "open")]


def test_an_assignment_that_a_wrong_clock_saw_later_is_seen_now(weeks: Weeks) -> None:
    weeks.org.add("PermissionSetAssignment", Id="0Pa000000000001AAA", AssigneeId=weeks.user)
    weeks.run(60)
    now = weeks.run(1)
    seen = weeks.org.rows("select first_seen_at from intermediate.int_assignments_first_seen")
    assert [row["first_seen_at"] for row in seen] == [now]
    weeks.run(2)
    assert weeks.org.rows("select first_seen_at from intermediate.int_assignments_first_seen") == seen


def test_a_renamed_user_keeps_its_finding(weeks: Weeks) -> None:
    weeks.org.sql("update raw.user set LastLoginDate = ?", WEEK_1 - timedelta(days=100))
    weeks.run(1)
    weeks.org.sql("update raw.user set Username = 'married@acme.example', Name = 'Married'")
    weeks.run(2)
    rows = weeks.org.rows("select * from marts.findings where finding_type = 'inactive_user'")
    assert [(row["status"], row["username"], row["subject_name"]) for row in rows] == [
        ("open", "married@acme.example", "Married")
    ]
