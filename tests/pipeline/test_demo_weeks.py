"""Three weeks of the demo org, each audited by the whole chain: a history that moves, in the end what was planted."""

import pytest

from tests.pipeline.companies import Company


@pytest.mark.slow  # three whole audits
@pytest.mark.xdist_group("third week")
def test_after_three_weeks_the_demo_finds_what_was_planted(third_week: Company) -> None:
    third_week.assert_finds_what_was_planted()

    def one(finding_type: str, whose: str, *, name: str = "username") -> tuple[str, bool]:
        (row,) = third_week.published(
            f"from findings where finding_type = '{finding_type}' and starts_with({name}, '{whose}')"
        )
        return row["status"], row["reopened_at"] == row["snapshot_at"]

    assert one("integration_user_ui_session", "svc.sap.orders") == ("open", True)
    assert one("psl_unused", "petra.simon") == ("open", True)
    assert one("inactive_user", "carla.nunez") == ("resolved", False)
    assert one("stale_oauth_token", "quentin.roy") == ("resolved", False)
    assert one("integration_user_not_api_only", "svc.gate.two") == ("open", False)
    assert one("integration_user_interactive_login", "svc.billing") == ("open", False)
    statuses = third_week.published(
        "select list(status order by snapshot_date) as each_week from finding_history "
        "where finding_type = 'inactive_user' and username = 'emil.wolf@meridian.example'"
    )
    assert statuses == [{"each_week": ["waived", "waived", "open"]}]
