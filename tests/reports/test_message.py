"""What goes with the report: who wants changes alone hears of each, and of a week that saw less than the one before."""

import pytest

from reports.message import has_changes, message
from tests.review.warehouses import A_WEEK, SNAPSHOT_AT, finding

UNREADABLE = ("not_evaluated", "OauthToken could not be read: nothing is known of tokens.", "Customize Application")
GONE = {"status": "resolved", "resolved_at": SNAPSHOT_AT}


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        ({}, False),
        ({"status": "new", "first_seen": SNAPSHOT_AT}, True),
        ({"reopened_at": SNAPSHOT_AT}, True),
        ({"reopened_at": SNAPSHOT_AT - A_WEEK}, False),
        (GONE, True),
        ({"status": "resolved", "resolved_at": SNAPSHOT_AT - A_WEEK}, False),
        ({"status": "waived", "waived_until": SNAPSHOT_AT + A_WEEK}, False),
    ],
)
def test_new_fixed_and_reopened_are_changes(review_of, found, changed: bool) -> None:
    assert has_changes(review_of([finding("inactive_user", 1, **found)])) is changed


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        ("evaluated", "evaluated", False),
        ("evaluated", "partial", True),
        ("evaluated", "not_evaluated", True),
        ("partial", "not_evaluated", True),
        ("partial", "partial", False),
        ("not_evaluated", "not_evaluated", False),
        ("not_evaluated", "evaluated", False),
    ],
)
def test_a_week_that_sees_less_is_a_change(review_of, before: str, now: str, changed: bool) -> None:
    coverage = {"stale_oauth_token": (now, "because", None)}
    assert has_changes(review_of(coverage=coverage, coverage_before={"stale_oauth_token": before})) is changed


def test_what_was_never_looked_for_is_not_seen_less(review_of) -> None:
    review = review_of(coverage={"stale_oauth_token": UNREADABLE})
    assert not has_changes(review)
    assert message(review).title == "acme, 23 Nov 2026: no changes"


def test_a_message_names_what_is_seen_less_and_calls_nothing_fixed(review_of) -> None:
    review = review_of(
        [finding("stale_oauth_token", 1)],
        coverage={"stale_oauth_token": UNREADABLE, "never_used_oauth_token": ("partial", "Some apps are hidden", None)},
        coverage_before={"stale_oauth_token": "evaluated", "never_used_oauth_token": "partial"},
    )
    told = message(review)
    assert told.title == "acme, 23 Nov 2026: 1 check saw less"
    text = told.text(4000)
    assert "Seen less of than before, so what is gone is not fixed: 1 check" in text
    assert "OauthToken could not be read" in text
    assert "Not, or only partly, seen: 1 check" in text
    assert "Fixed" not in text


def test_a_message_names_what_changed(review_of) -> None:
    text = message(
        review_of(
            [
                finding("inactive_user", 1, status="new", first_seen=SNAPSHOT_AT),
                finding("inactive_user", 2, **GONE),
                finding("inactive_user", 3),
            ]
        )
    )
    assert text.title == "acme, 23 Nov 2026: 1 new, 1 fixed"
    assert "New: 1" in text.text(4000)
    assert "svc.integration1@acme.example" in text.text(4000)
    assert "svc.integration3@acme.example" not in text.text(4000)
