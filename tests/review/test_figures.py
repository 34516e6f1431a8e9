"""The numbers that are plotted from week to week, and the org's own weeks."""

from datetime import timedelta
from pathlib import Path

from spendready_pipeline.review import Review, read_review
from spendready_pipeline.review.figures import figures, weeks
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.review.warehouses import A_WEEK, SNAPSHOT_AT, build, finding


def _review(folder: Path, *findings: dict[str, object], **warehouse: object) -> Review:
    with open_warehouse(build(folder / "warehouse.duckdb", findings, **warehouse)) as connection:
        return read_review(connection)


def test_what_is_plotted_is_what_was_found(tmp_path: Path) -> None:
    review = _review(
        tmp_path,
        finding("integration_user_ui_session", 1, severity="critical"),
        finding("integration_user_ui_session", 2, status="new", first_seen=SNAPSHOT_AT),
        finding("integration_user_interactive_login", 3),
        finding("stale_oauth_token", 4, reopened_at=SNAPSHOT_AT),
        finding("stale_oauth_token", 5, status="resolved", resolved_at=SNAPSHOT_AT),
        finding("stale_oauth_token", 6, status="resolved", resolved_at=SNAPSHOT_AT),
        finding("stale_oauth_token", 7, status="resolved", resolved_at=SNAPSHOT_AT - A_WEEK),
        finding("inactive_user", 8, annual_cost=2100, currency="USD"),
        finding("inactive_user", 9, annual_cost=900, currency="USD", status="new", first_seen=SNAPSHOT_AT),
        finding("inactive_user", 10, status="new", first_seen=SNAPSHOT_AT),
        finding("inactive_user", 11, annual_cost=2100, status="waived", waived_until=SNAPSHOT_AT + A_WEEK),
        snapshots=3,
        coverage={
            "never_used_oauth_token": ("not_evaluated", "OauthToken could not be read", "Manage Users"),
            "stale_oauth_token": ("partial", "cut at 50,000 rows", None),
        },
    )
    assert figures(review) == {
        "critical": 1, "high": 2, "medium": 1, "low": 3, "open": 7,
        "new": 3, "fixed": 2, "reopened": 1, "waived": 1,
        "types not evaluated": 1,
        "annual cost at stake": 3000.0,
    }  # fmt: skip


def test_where_nothing_is_found_noughts_are_plotted_and_no_amount(tmp_path: Path) -> None:
    numbers = figures(_review(tmp_path))
    assert set(numbers.values()) == {0}
    assert {"critical", "high", "medium", "low", "open", "new", "fixed"} <= numbers.keys()
    assert "annual cost at stake" not in numbers


def test_the_weeks_are_the_orgs_own(tmp_path: Path) -> None:
    critical, low = finding("inactive_user", 1, severity="critical"), finding("inactive_user", 2)
    day = SNAPSHOT_AT.date()
    earlier = [(day - timedelta(days=14), low), (day - timedelta(days=7), critical), (day - timedelta(days=7), low)]
    rows = weeks(_review(tmp_path, critical, earlier=earlier, snapshots=3))
    assert [tuple(row.values()) for row in rows] == [
        ("2026-11-09", 0, 0, 0, 1),
        ("2026-11-16", 1, 0, 0, 1),
        ("2026-11-23", 1, 0, 0, 0),
    ]
    assert list(rows[0]) == ["week of", "critical", "high", "medium", "low"]
