"""dbt, parsed once for each worker, and orgs to run it over."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.dbt.oracle.built import Models
from tests.dbt.orgs import Dbt, HandMadeOrg

# What `make test` tries of the odd orgs, always the same; and what `make oracle` does, always others.
settings.register_profile(
    "odd",
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # a failure is made small by `make oracle`: that takes minutes
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("full", settings.get_profile("odd"), max_examples=500, derandomize=False, phases=list(Phase))


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The project, parsed once for each worker."""
    return Dbt(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def manifest(dbt: Dbt) -> dict[str, Any]:
    """What dbt knows of the project."""
    return json.loads((dbt.target / "manifest.json").read_text())


@pytest.fixture
def org(tmp_path: Path) -> HandMadeOrg:
    """An org with nothing in it but itself."""
    return HandMadeOrg(tmp_path / "warehouse.duckdb")


@pytest.fixture(scope="session")
def quiet_org(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> HandMadeOrg:
    """An org that was built once: read whole, with a person in it and nothing to find. Leave it as you met it."""
    quiet = HandMadeOrg(tmp_path_factory.mktemp("quiet") / "warehouse.duckdb")
    quiet.user("person", quiet.license("SFDC", "Salesforce"))
    dbt.build(quiet)
    return quiet


@pytest.fixture(scope="session")
def models(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The models, built once by dbt itself, to be run over one org in memory after another."""
    return Models(dbt, tmp_path_factory.mktemp("oracle"))
