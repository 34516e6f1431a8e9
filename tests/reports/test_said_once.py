"""A table says each thing once, and nothing that is not so."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reports.said_once import beside_its_names, shared_within, steps, with_days
from spendready_pipeline.review.facts import Cause, Finding

SEEN = datetime(2026, 11, 2, tzinfo=UTC)


def found(number: int, remediation: str, summary: str = "", **changes: Any) -> Finding:
    """A finding of a user of its own."""
    whole = Finding(
        finding_id=str(number), finding_type="t", severity="high", status="open", subject_type="user",
        subject_id=str(number), subject_name=None, user_id=None, username=f"user{number}@x", summary=summary,
        evidence={}, remediation=remediation, annual_cost=None, first_seen=SEEN, reopened_at=None, resolved_at=None,
        waived_until=None,
    )  # fmt: skip
    return replace(whole, **changes)


def test_what_all_share_is_said_once_without_names() -> None:
    said = steps([found(n, f"Ask user{n}@x. Revoke the token of user{n}@x in Setup") for n in (1, 2)])
    assert said.shared == ("Ask ‹user›.", "Revoke the token of ‹user› in Setup")
    assert said.own == {"1": "", "2": ""}


def test_what_one_alone_has_stays_in_its_row() -> None:
    said = steps([found(1, "Ask them. Take it from Sales"), found(2, "Ask them. Take it from Support")])
    assert said.shared == ("Ask them.",)
    assert said.own == {"1": "Take it from Sales", "2": "Take it from Support"}


def test_names_of_the_evidence_are_looked_past_where_that_shares_more() -> None:
    rows = [found(n, f"Remove {name} today", evidence={"psl_name": name}) for n, name in ((1, "Maps"), (2, "Inbox"))]
    assert steps(rows).shared == ("Remove ‹licence› today",)
    assert steps([replace(each, evidence={"psl_name": "Maps"}) for each in rows[:1] * 2]).shared == (
        "Remove Maps today",
    )


def test_a_finding_alone_keeps_its_names() -> None:
    assert steps([found(1, "Ask user1@x")]).own == {"1": "Ask user1@x"}


def test_an_app_says_its_own_place_once() -> None:
    rows = [found(n, f"Setup > Loader: revoke the token of user{n}@x") for n in (1, 2)]
    other = found(3, "Setup > External > Feed: revoke the token of user3@x")
    cause = Cause("Loader", "high", 2, 2, None, SEEN, tuple(rows))
    assert shared_within(cause, steps([*rows, other])) == "Setup > Loader: revoke the token of ‹user›"


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("user1@x holds a licence", "Holds a licence"),
        ("Somebody logged in as user1@x once", "Somebody logged in once"),
        ("The integration user user1@x was never used", "The integration user was never used"),
        ("user1@xyz holds a licence", "user1@xyz holds a licence"),
        ("user1@x was seen on 2026-02-28", "Was seen on 28 Feb 2026"),
    ],
)
def test_a_row_does_not_repeat_its_user(summary: str, said: str) -> None:
    assert beside_its_names(found(1, "", summary)) == said


def test_a_day_within_a_name_is_printed_as_typed() -> None:
    named = found(1, "", subject_name="Export 2026-01-02")
    assert with_days("Export 2026-01-02 since 2026-03-04, and 2026-99-99", named) == (
        "Export 2026-01-02 since 4 Mar 2026, and 2026-99-99"
    )
