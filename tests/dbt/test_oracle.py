"""Findings of odd orgs: the models build over any org."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.dbt.oracle.built import Models, found, found_integration_users
from tests.dbt.oracle.odd_org import OddOrg
from tests.dbt.oracle.odd_orgs import odd_orgs
from tests.dbt.orgs import Dbt


@pytest.fixture(scope="module")
def models(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The models, built once by dbt itself."""
    return Models(dbt, tmp_path_factory.mktemp("oracle"))


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(org=odd_orgs())
def test_any_org_builds(models: Models, org: OddOrg) -> None:
    connection = models.build(org)
    found(connection)
    found_integration_users(connection)
