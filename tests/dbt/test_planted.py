"""The demo org's content, put into `raw` as it is: what the models find must be what was planted, and nothing else."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo_org.content.build import build_org
from demo_org.content.policy import demo_policy
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from tests.dbt import planted
from tests.dbt.orgs import NOW, Dbt, HandMadeOrg

WORDS = (
    "integration api svc service bot etl sync automation middleware connector interface webservice batch system "
    "mulesoft boomi informatica fivetran"
)


ORGS = {"every edge of every rule": (200, 11, False), "a small sandbox": (60, 12, True)}
"""How many users, which seed, whether a sandbox."""


@pytest.fixture(scope="module", params=ORGS.values(), ids=ORGS)
def demo(request: pytest.FixtureRequest, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> HandMadeOrg:
    return planted_org(dbt, tmp_path_factory.mktemp("demo"), *request.param)


def planted_org(dbt: Dbt, folder: Path, users: int, seed: int, is_sandbox: bool) -> HandMadeOrg:
    """Builds a demo org, with what was planted in it beside what is found."""
    build_org(folder / "source.duckdb", users, seed, NOW, is_sandbox=is_sandbox)
    org = HandMadeOrg(folder / "warehouse.duckdb")
    _decide(org, demo_policy(seed, NOW))
    org.land()
    _copy(folder / "source.duckdb", org.path)
    dbt.build(org)
    return org


def _copy(source: Path, warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"attach '{source}' as source (read_only)")
        for each in OBJECTS:
            names = ", ".join(f'"{name}"' for name in each.columns)
            connection.execute(f"delete from raw.{each.table}")
            connection.execute(f'insert into raw.{each.table} by name select {names} from source.org."{each.name}"')
        for table in ("finding", "integration_user"):
            connection.execute(f"create table planted_{table} as from source.planted.{table}")


def _decide(org: HandMadeOrg, policy: dict[str, Any]) -> None:
    users = policy["integration_users"]
    lists = {
        "integration_usernames": ("username", users["usernames"]),
        "username_patterns": ("pattern", users["username_patterns"]),
        "username_excludes": ("pattern", users["exclude"]),
        "name_words": ("word", [*WORDS.split(), *users["name_words"]]),
        "approved_apps": ("app", policy["approved_apps"]),
        "decommissioned_apps": ("app", policy["decommissioned_apps"]),
        "known_networks": ("network", policy["known_networks"]),
    }
    for table, (column, values) in lists.items():
        for value in values:
            org.policy(table, **{column: value})
    for each in policy["justified_permissions"]:
        for permission in each["permissions"]:
            org.policy(
                "justified_permissions", username=each["username"], permission=permission, expires=each["expires"]
            )
    for kind in ("user_license", "permission_set_license"):
        for key, price in policy["prices"][f"{kind}s"].items():
            org.policy("prices", license_kind=kind, license_key=key, annual_price=price, currency="USD")


def test_findings_are_what_was_planted(demo: HandMadeOrg) -> None:
    expected = planted.findings((planted.declared(row), row["own"]) for row in demo.rows("from planted_finding"))
    found = planted.findings((row, row["evidence"]) for row in demo.rows("from marts.findings"))
    assert found == expected


def test_integration_users_are_what_was_planted(demo: HandMadeOrg) -> None:
    expected = planted.users(demo.rows("from planted_integration_user"))
    assert planted.users(demo.rows("from marts.integration_users")) == expected


def test_every_finding_says_what_and_what_to_do(demo: HandMadeOrg) -> None:
    silent = demo.rows(
        "select * from marts.findings where summary is null or remediation is null or who_acts is null or org <> 'acme'"
    )
    assert silent == []


def test_a_sandbox_has_no_prices(demo: HandMadeOrg) -> None:
    (org,) = demo.rows("select is_sandbox from intermediate.int_snapshot")
    priced = demo.rows("select * from marts.license_usage where unit_price is not null")
    costly = demo.rows("select * from marts.findings where annual_cost is not null or currency is not null")
    assert (priced == [] and costly == []) == org["is_sandbox"]
