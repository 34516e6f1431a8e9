"""Evidence is printed in words; amounts add up as they are shown."""

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
    ("evidence", "text"),
    [
        pytest.param({"is_frozen": True}, "Frozen: yes", id="a-state"),
        pytest.param({"is_frozen": False}, "", id="a-state-that-is-not-so"),
        pytest.param({"temporary_name": True}, "Temporary name: yes", id="a-name-that-is-temporary"),
        pytest.param({"license_name": "Sales"}, "License: Sales", id="a-name"),
        pytest.param({"psl_name": "not_needed"}, "License: not_needed", id="a-name-like-a-code"),
        pytest.param({"use_count": 1000}, "Use count: 1,000", id="a-number"),
        pytest.param({"countries": []}, "", id="no-value"),
        pytest.param({"source_ips": list("ABCDEF")}, "Source IPs: A, B, C, D (+2)", id="a-long-list"),
        pytest.param(
            {"last_login_at": "2026-11-03 06:00:00+00"}, "Last login at: 3 Nov 2026, 06:00 UTC", id="a-moment"
        ),
        pytest.param({"last_used_at": None, "app_name": "A"}, "App: A", id="several"),
        pytest.param(
            {
                "granted_through": [
                    {"permission": "DataExport", "kind": "permission_set", "name": "Export"},
                    {"permission": "ViewAllData", "kind": "permission_set", "name": "Export"},
                    {"permission": "ViewAllData", "kind": "group", "name": "Ops"},
                ]
            },
            "Granted through: permission set Export (DataExport, ViewAllData), permission set group Ops (ViewAllData)",
            id="permissions-by-what-grants-them",
        ),
    ],
)
def test_evidence_is_printed_in_words(evidence: dict[str, Any], text: str) -> None:
    assert details(evidence, evidence) == text


def test_only_the_columns_asked_for_are_printed_in_their_order() -> None:
    assert details({"a": 1, "b": 2, "c": 3}, ("c", "gone", "a")) == "C: 3 · A: 1"
