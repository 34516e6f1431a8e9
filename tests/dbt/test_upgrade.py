"""A warehouse that an earlier release has built: its tables may lack columns that this one knows."""

from pathlib import Path

from tests.dbt.orgs import Dbt, HandMadeOrg, salesforce_id


def test_a_warehouse_of_an_earlier_release_is_built_on(quiet_org: HandMadeOrg, dbt: Dbt, tmp_path: Path) -> None:
    org = quiet_org.copy(tmp_path)
    org.sql("alter table reference.list_prices drop column as_of")
    org.sql("alter table intermediate.int_observations drop column price_source")
    org.sql("alter table marts.coverage rename remediation to cure")
    org.sql("alter table raw.extraction rename remediation to cure")
    org.sql("alter table policy.thresholds add column threshold_of_this_release integer")
    org.user("gone", salesforce_id("00e", "SFDC"), LastLoginDate=org.ago(days=200))
    dbt.build(org)
    assert org.rows("select * from reference.list_prices where as_of is not null")
    org.rows("select finding_type, status, reason, remediation from marts.coverage")
    for table in ("findings", "finding_history"):
        (finding,) = org.rows(f"select finding_type, price_source from marts.{table}")
        assert finding["finding_type"] == "inactive_user"
        assert finding["price_source"].startswith("list price of 2025-08-01")
