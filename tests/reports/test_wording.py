"""Evidence is said in words, and no more of it than the summary leaves to say; amounts add up as they are shown."""

from decimal import Decimal
from typing import Any

import pytest

from reports.wording import details, money


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        pytest.param(Decimal("14700.00"), "14,700 USD", id="whole"),
        pytest.param(Decimal("420.50"), "420.50 USD", id="cents-that-a-sum-would-have"),
        pytest.param(None, "–", id="none"),
    ],
)
def test_an_amount_is_shown_as_it_is_added_up(amount: Decimal | None, said: str) -> None:
    assert money(amount, "USD") == said


@pytest.mark.parametrize(
    ("evidence", "summary", "said"),
    [
        pytest.param({"days_inactive": 1000}, "Was last active 1000 days ago", "", id="a-number-without-commas"),
        pytest.param(
            {"days_inactive": 100}, "Was last active 1000 days ago", "Days inactive: 100", id="another-number"
        ),
        pytest.param({"login_as": True, "never_used": True}, "An admin is logged in as it", "", id="said-in-words"),
        pytest.param({"is_frozen": True}, "Was last active", "Frozen: yes", id="a-state"),
        pytest.param({"temporary_name": True}, "Has held Debug", "Temporary name: yes", id="a-name-that-is-temporary"),
        pytest.param({"license_name": "Sales"}, "Has held Debug", "Licence: Sales", id="a-name"),
        pytest.param({"license_kind": "user_license"}, "", "Licence kind: user licence", id="a-code"),
        pytest.param(
            {"reasons": ["not_needed", "user_dormant"]},
            "Holds Maps, but is not active any more",
            "Reasons: nothing that is assigned needs it",
            id="reasons-that-the-summary-lacks",
        ),
        pytest.param(
            {"reasons": ["not_approved", "not_installed"]}, "is not approved and not installed", "", id="both"
        ),
        pytest.param(
            {"reasons": ["salesforce_client"]}, "is a client of Salesforce's own", "", id="a-client-of-salesforces-own"
        ),
        pytest.param({"app_name": "not_needed"}, "", "App: not_needed", id="a-name-like-a-code"),
        pytest.param(
            {"permissions": ["A", "B", "C", "D", "E", "F"]}, "Holds A, B, C, D, E and 1 more", "", id="its-beginning"
        ),
        pytest.param({"countries": ["DE", "FR"]}, "Seen in DE", "Countries: DE, FR", id="a-list-that-is-half-said"),
        pytest.param(
            {"first_login_at": "2026-11-03 06:00:00+00", "last_login_at": "2026-11-03 06:00:00+00"},
            "",
            "Last login at: 3 Nov 2026, 06:00 UTC",
            id="once",
        ),
        pytest.param(
            {
                "granted_through": [
                    {"permission": "DataExport", "kind": "permission_set", "name": "Export"},
                    {"permission": "ViewAllData", "kind": "permission_set", "name": "Export"},
                    {"permission": "ViewAllData", "kind": "group", "name": "Ops"},
                ]
            },
            "Holds DataExport, ViewAllData",
            "Granted through: permission set Export (DataExport, ViewAllData), permission set group Ops (ViewAllData)",
            id="by-what-grants-it",
        ),
    ],
)
def test_evidence_is_said_in_words_and_once(evidence: dict[str, Any], summary: str, said: str) -> None:
    assert details(evidence, summary) == said
