"""What a review says of a snapshot, against rows that were written by hand."""

from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spendready_pipeline.errors import OrgError
from spendready_pipeline.review import Review, read_review
from spendready_pipeline.review.queries import CAUSES_LISTED, FINDINGS_LISTED, FINDINGS_LISTED_OF_A_CAUSE
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review.warehouses import A_WEEK, SNAPSHOT_AT, TYPES, build, finding


def review_of(folder: Path, *args: Any, **kwargs: Any) -> Review:
    with open_warehouse(build(folder / "warehouse.duckdb", *args, **kwargs)) as connection:
        return read_review(connection)


def test_counts_are_of_what_needs_action(tmp_path: Path) -> None:
    review = review_of(
        tmp_path,
        [
            finding("inactive_user", 1),
            finding("inactive_user", 2, severity="medium", status="new", first_seen=SNAPSHOT_AT),
            finding("inactive_user", 3, status="waived", waived_until=SNAPSHOT_AT + A_WEEK),
            finding("inactive_user", 4, status="resolved", resolved_at=SNAPSHOT_AT - A_WEEK),
            finding("integration_user_ui_session", 5, severity="critical"),
        ],
    )
    assert review.severities == {"critical": 1, "high": 0, "medium": 1, "low": 1}
    assert review.statuses == {"new": 1, "open": 2, "waived": 1, "resolved": 1}
    inactive = next(each for each in review.types if each.finding_type == "inactive_user")
    assert (inactive.active, inactive.waived, inactive.total) == (
        {"critical": 0, "high": 0, "medium": 1, "low": 1},
        1,
        2,
    )


def test_a_licence_is_paid_for_once(tmp_path: Path) -> None:
    common = {"title": "-", "severity": "low", "controls": [], "who_acts": "revops"}
    review = review_of(
        tmp_path,
        [
            _of("inactive_user", "user", "u1", annual_cost=2100),
            _of("dormant_integration_user", "user", "u2", annual_cost=2100),
            _of("integration_user_on_interactive_license", "user", "u2", annual_cost=2100),
            _of("psl_unused", "permission_set_license_assign", "p1", user_id="u1", annual_cost=300),
            _of("license_seats_unassigned", "license", "l1", annual_cost=4200),
            _of("inactive_user", "user", "u3", annual_cost=2100, status="waived"),
            _of("inactive_user", "user", "u4", annual_cost=2100, status="resolved", resolved_at=SNAPSHOT_AT),
            _of("inactive_user", "user", "u5", annual_cost=None),
        ],
        finding_types=[{"finding_type": each, **common} for each in KINDS],
    )
    assert review.money_at_stake == Decimal(2100 + 2100 + 300 + 4200)
    assert review.currency == "USD"


KINDS = (
    "inactive_user",
    "dormant_integration_user",
    "integration_user_on_interactive_license",
    "psl_unused",
    "license_seats_unassigned",
)


def _of(finding_type: str, subject_type: str, subject_id: str, **changes: Any) -> dict[str, Any]:
    own = {
        "finding_id": f"{finding_type}-{subject_id}",
        "finding_type": finding_type,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "currency": "USD",
    }
    return finding("inactive_user", 1) | own | changes


def test_nothing_priced_is_no_amount(tmp_path: Path) -> None:
    assert review_of(tmp_path, [finding("inactive_user", 1)]).money_at_stake is None


def test_changes_are_those_of_this_snapshot(tmp_path: Path) -> None:
    review = review_of(
        tmp_path,
        [
            finding("inactive_user", 1, status="new", first_seen=SNAPSHOT_AT),
            finding("inactive_user", 2, reopened_at=SNAPSHOT_AT),
            finding("inactive_user", 3, reopened_at=SNAPSHOT_AT - A_WEEK),
            finding("inactive_user", 4, status="resolved", resolved_at=SNAPSHOT_AT),
            finding("inactive_user", 5, status="resolved", resolved_at=SNAPSHOT_AT - A_WEEK),
            finding("inactive_user", 6, status="waived", reopened_at=SNAPSHOT_AT),
        ],
        snapshots=3,
    )
    changed = {
        name: [found.subject_name for found in getattr(review, name).findings]
        for name in ("new", "reopened", "resolved")
    }
    assert changed == {"new": ["Integration 1"], "reopened": ["Integration 2"], "resolved": ["Integration 4"]}
    assert review.snapshot.previous_at == SNAPSHOT_AT - A_WEEK


@pytest.mark.parametrize("built", ["", "marts.snapshots", "marts.findings", "marts.audit_run"])
def test_findings_of_the_week_before_are_no_review_of_a_snapshot_whose_run_stopped(tmp_path: Path, built: str) -> None:
    path = build(tmp_path / "warehouse.duckdb", [finding("inactive_user", 1)], snapshots=2)
    with open_warehouse(path) as connection:
        for table in filter(None, ("staging.stg_salesforce__snapshots", built)):
            connection.execute(f"update {table} set snapshot_at = snapshot_at + interval 7 day")
        with pytest.raises(OrgError, match="newest snapshot is of 2026-11-30 06:00 UTC, and the findings are not"):
            read_review(connection)


def test_a_snapshot_that_a_run_did_not_complete_has_no_review(tmp_path: Path) -> None:
    path = build(tmp_path / "warehouse.duckdb", [finding("inactive_user", 1)])
    with open_warehouse(path) as connection:
        connection.execute("delete from staging.stg_salesforce__snapshots")
        with pytest.raises(OrgError, match="newest snapshot is not complete"):
            read_review(connection)


def test_the_first_snapshot_has_none_before_it(tmp_path: Path) -> None:
    assert review_of(tmp_path).snapshot.previous_at is None


def test_tokens_of_one_app_are_one_cause(tmp_path: Path) -> None:
    tokens = [finding("stale_oauth_token", n, app_name="Data Loader") for n in range(30)]
    tokens += [finding("stale_oauth_token", 100 + n, app_name="Zapier") for n in range(2)]
    tokens += [finding("stale_oauth_token", 200, app_name="Slack", severity="high")]
    tokens += [finding("stale_oauth_token", 300 + n, app_name=name) for n, name in enumerate((None, " "))]
    review = review_of(tmp_path, tokens)
    stale = next(each for each in review.types if each.finding_type == "stale_oauth_token")
    assert [(cause.name, cause.severity, cause.total, cause.users) for cause in stale.causes] == [
        ("Slack", "high", 1, 1),
        ("Data Loader", "medium", 30, 30),
        ("An app without a name", "medium", 2, 2),
        ("Zapier", "medium", 2, 2),
    ]
    assert [len(cause.findings) for cause in stale.causes] == [1, FINDINGS_LISTED_OF_A_CAUSE, 2, 2]


def test_a_review_is_bounded_and_counts_the_rest(tmp_path: Path) -> None:
    findings = [finding("inactive_user", n) for n in range(FINDINGS_LISTED + 400)]
    findings += [finding("inactive_user", 9999, severity="medium")]
    findings += [finding("stale_oauth_token", n, app_name=f"App {n}") for n in range(CAUSES_LISTED + 50)]
    review = review_of(tmp_path, findings)
    listed = {each.finding_type: each for each in review.types}
    inactive, stale = listed["inactive_user"], listed["stale_oauth_token"]
    assert (inactive.total, inactive.listed) == (FINDINGS_LISTED + 401, FINDINGS_LISTED)
    assert inactive.causes[0].findings[0].severity == "medium", "the most important is listed first"
    assert (stale.causes_total, len(stale.causes)) == (CAUSES_LISTED + 50, CAUSES_LISTED)


def test_a_type_that_was_not_evaluated_says_why_and_what_cures_it(tmp_path: Path) -> None:
    gap = ("not_evaluated", "OauthToken could not be read", "Customize Application")
    review = review_of(tmp_path, coverage={"stale_oauth_token": gap})
    stale = next(each for each in review.types if each.finding_type == "stale_oauth_token")
    assert (stale.coverage, stale.reason, stale.coverage_remediation) == gap


def test_permissions_to_grant_are_in_the_order_of_how_many_checks_each_opens(tmp_path: Path) -> None:
    users = "View All Users (or Manage Users, which shows frozen users too)"
    review = review_of(
        tmp_path,
        coverage={
            "stale_oauth_token": ("not_evaluated", "r", "Customize Application"),
            "never_used_oauth_token": ("partial", "r", f"Customize Application; {users}"),
            "inactive_user": ("partial", "r", f"Manage Users; {users}"),
            "integration_user_ui_session": ("partial", "r", users),
            "integration_user_not_api_only": ("partial", "r", "nothing but time: each run adds to the logins"),
        },
    )
    assert [(each.permission, each.checks) for each in review.grants] == [
        ("View All Users", 3), ("Customize Application", 2), ("Manage Users", 1),
    ]  # fmt: skip


def test_what_is_evaluated_whole_asks_for_no_permission(tmp_path: Path) -> None:
    assert review_of(tmp_path, coverage={"stale_oauth_token": ("evaluated", "n", "Manage Users")}).grants == ()


def test_prose_of_the_catalogue_is_plain_sentences(tmp_path: Path) -> None:
    folded = {
        "description": "Unused for `stale_token_days`\ndays.\n",
        "risk": "A key.\n",
        "remediation": " Revoke it. ",
    }
    review = review_of(tmp_path, finding_types=[TYPES[3] | folded])
    (stale,) = review.types
    assert (stale.description, stale.risk, stale.remediation) == (
        "Unused for stale_token_days days.",
        "A key.",
        "Revoke it.",
    )


def test_a_type_whose_coverage_is_unknown_was_not_evaluated(tmp_path: Path) -> None:
    path = build(tmp_path / "warehouse.duckdb")
    with open_warehouse(path) as connection:
        connection.execute("delete from marts.coverage")
        assert {each.coverage for each in read_review(connection).types} == {"not_evaluated"}


def test_the_trend_counts_what_needed_action_in_each_snapshot(tmp_path: Path) -> None:
    before, long_before = ((SNAPSHOT_AT - weeks * A_WEEK).date() for weeks in (1, 2))
    review = review_of(
        tmp_path,
        [finding("inactive_user", 1)],
        earlier=[
            (before, finding("inactive_user", 2, status="new")),
            (before, finding("inactive_user", 3, status="waived")),
            (before, finding("inactive_user", 4, status="resolved")),
            (before, finding("stale_oauth_token", 5)),
        ],
        snapshots=3,
    )
    assert [(point.snapshot_date, point.medium, point.low) for point in review.trend] == [
        (long_before, 0, 0),
        (before, 1, 1),
        (SNAPSHOT_AT.date(), 0, 1),
    ]


def test_the_trend_ends_at_the_present_snapshot_whatever_a_wrong_clock_dated_later(tmp_path: Path) -> None:
    path = build(tmp_path / "warehouse.duckdb", [finding("inactive_user", 1)], snapshots=2)
    with open_warehouse(path) as connection:
        connection.execute(
            "insert into marts.snapshots by name select * replace (? as snapshot_date, ? as snapshot_at) "
            "from marts.snapshots where snapshot_date = ?",
            [(SNAPSHOT_AT + A_WEEK).date(), SNAPSHOT_AT + A_WEEK, SNAPSHOT_AT.date()],
        )
        trend = read_review(connection).trend
    assert [point.snapshot_date for point in trend] == [(SNAPSHOT_AT - A_WEEK).date(), SNAPSHOT_AT.date()]


def test_what_needs_a_decision_comes_first(tmp_path: Path) -> None:
    row = {"kind": "waiver", "what": "inactive_user", "expires": date(2027, 1, 1), "covers": 1, "expired": False}
    review = review_of(
        tmp_path,
        policy_exemptions=[
            row | {"subject": "holds"},
            row | {"subject": "unknown", "covers": None},
            row | {"subject": "dead", "covers": 0},
            row | {"subject": "over", "expired": True},
        ],
        policy_warnings=[
            {"kind": "expired_waiver", "subject": "over", "warning": "It ended"},
            {"kind": "loose_threshold", "subject": "stale_token_days", "warning": "It is loose"},
        ],
    )
    assert [each.subject for each in review.exemptions] == ["over", "dead", "holds", "unknown"]
    assert [each.covers for each in review.exemptions] == [1, 0, 1, None]
    assert [each.warning for each in review.policy_warnings] == ["It is loose", "It ended"]


def test_integration_users_and_candidates_are_told_apart(tmp_path: Path) -> None:
    account = {"name": "x", "is_active": True, "reasons": ["name_only"]}
    review = review_of(
        tmp_path,
        integration_users=[
            account | {"user_id": "1", "username": "a", "is_integration_user": True, "confidence": "certain"},
            account | {"user_id": "2", "username": "b", "is_integration_user": False, "confidence": "possible"},
            account | {"user_id": "3", "username": "c", "is_integration_user": False, "reasons": ["system_user"]},
        ],
    )
    assert [each.username for each in review.integration_users.listed] == ["a"]
    assert [each.username for each in review.candidates.listed] == ["b"]


def test_only_rules_that_did_not_hold_are_warnings(tmp_path: Path) -> None:
    results = [
        {"object": "User", "check_name": "held", "severity": "critical", "passed": True},
        {"object": "User", "check_name": "did_not", "severity": "warning", "passed": False, "detail": "2 rows"},
    ]
    assert [each.check_name for each in review_of(tmp_path, data_quality=results).warnings] == ["did_not"]


def test_times_are_utc(tmp_path: Path) -> None:
    snapshot = review_of(tmp_path).snapshot
    assert snapshot.snapshot_at == SNAPSHOT_AT
    assert snapshot.snapshot_at.tzinfo is UTC


def test_a_warehouse_without_findings_says_what_to_do(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection, pytest.raises(OrgError, match="spendready run"):
        read_review(connection)
