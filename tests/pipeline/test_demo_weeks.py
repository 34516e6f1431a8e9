"""Three weeks of the demo org, each audited by the whole chain: a history that moves, in the end what was planted."""

from pathlib import Path

import pytest

from spendready_pipeline.demo_org.content import FIRST_WEEK
from tests.conftest import ServeDemoOrg
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import Company


@pytest.mark.xdist_group("audited")
def test_after_three_weeks_the_demo_finds_what_was_planted(
    serve_demo_org: ServeDemoOrg, tmp_path: Path, dbt: Dbt
) -> None:
    company = Company(tmp_path, serve_demo_org())
    for weeks_back in range(FIRST_WEEK, -1, -1):
        company.org.rewind(weeks_back)
        company.audit(dbt)
    company.assert_finds_what_was_planted()

    def one(finding_type: str, whose: str, *, name: str = "username") -> tuple[str, bool]:
        (row,) = company.published(
            f"from findings where finding_type = '{finding_type}' and starts_with({name}, '{whose}')"
        )
        return row["status"], row["reopened_at"] == row["snapshot_at"]

    assert one("integration_user_ui_session", "svc.sap.orders") == ("open", True)
    assert one("psl_unused", "petra.simon") == ("open", True)
    assert one("inactive_user", "carla.nunez") == ("resolved", False)
    assert one("stale_oauth_token", "quentin.roy") == ("resolved", False)
    assert one("integration_user_not_api_only", "svc.gate.two") == ("open", False)
    assert one("integration_user_interactive_login", "svc.billing") == ("open", False)
    statuses = company.published(
        "select list(status order by snapshot_date) as each_week from finding_history "
        "where finding_type = 'inactive_user' and username = 'emil.wolf@meridian.example'"
    )
    assert statuses == [{"each_week": ["waived", "waived", "open"]}]
