"""dbt's own unit tests, which stand beside the models whose rules they prove."""

from tests.dbt.orgs import Dbt, HandMadeOrg


def test_unit_tests_of_the_models(dbt: Dbt, quiet_org: HandMadeOrg) -> None:
    dbt.unit_test(quiet_org)
