"""What the company decides: an org's own decisions over the common ones, and the tables that the rules read."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from demo_org.content.policy import demo_policy
from spendready_pipeline import settings as settings_module
from spendready_pipeline.config.section import Section
from spendready_pipeline.maintenance.configuration import Keep
from spendready_pipeline.policy import configuration as policies
from spendready_pipeline.policy.configuration import IntegrationUsers, Policy, Thresholds, finding_types
from spendready_pipeline.policy.load import load_policy
from spendready_pipeline.salesforce.limits import Limits
from spendready_pipeline.settings import OrgSettings

FINDING_TYPES = {
    "integration_user_ui_session",
    "integration_user_interactive_login",
    "integration_user_not_api_only",
    "integration_user_password_login",
    "integration_user_excess_permissions",
    "temporary_access_never_removed",
    "shared_integration_credentials",
    "stale_oauth_token",
    "never_used_oauth_token",
    "orphaned_oauth_token",
    "unmanaged_app",
    "integration_user_on_interactive_license",
    "dormant_integration_user",
    "inactive_user",
    "psl_unused",
    "license_seats_unassigned",
}
"""The names that the rules give them."""

COMMON = """
orgs:
  - name: acme
    instance_url: https://acme.my.salesforce.com
    auth: {flow: sf_cli, alias: acme}
    policy: {OWN}
  - name: plain
    instance_url: https://plain.my.salesforce.com
    auth: {flow: sf_cli, alias: plain}
policy:
  thresholds: {stale_token_days: 60, max_countries: 3}
  prices: {currency: EUR, user_licenses: {SFDC: 2000, AUL: 300}, permission_set_licenses: {Psl: 10}}
  integration_users: {usernames: [one@x], name_words: [Kopplung]}
  approved_apps: [A, B]
schedule: {cron: 0 7 * * 2, timezone: Europe/Berlin}
"""


def test_the_finding_types_are_those_of_the_rules() -> None:
    assert finding_types() == FINDING_TYPES


def own(load: Any, text: str) -> Policy:
    settings = load(COMMON.replace("{OWN}", text))
    assert settings.org("plain").policy == settings.policy
    merged: Policy = settings.org("acme").policy
    return merged


def test_an_org_without_decisions_has_the_common_ones(load) -> None:
    assert own(load, "{}").thresholds.stale_token_days == 60


def test_a_section_is_overridden_key_by_key(load) -> None:
    merged = own(load, "{thresholds: {stale_token_days: 30}, integration_users: {exclude: [two@x]}}")
    assert (merged.thresholds.stale_token_days, merged.thresholds.max_countries) == (30, 3)
    assert merged.integration_users.model_dump() == {
        "usernames": ("one@x",),
        "username_patterns": (),
        "exclude": ("two@x",),
        "name_words": ("kopplung",),
    }
    assert merged.approved_apps == ("A", "B")


def test_a_threshold_that_is_set_to_its_default_overrides(load) -> None:
    assert own(load, "{thresholds: {stale_token_days: 90}}").thresholds.stale_token_days == 90


def test_a_list_is_replaced_and_may_be_emptied(load) -> None:
    assert own(load, "{approved_apps: [C]}").approved_apps == ("C",)
    assert own(load, "{approved_apps: []}").approved_apps == ()
    assert own(load, "{approved_apps: null}").approved_apps == ("A", "B")


def test_prices_are_overridden_licence_by_licence(load) -> None:
    prices = own(load, "{prices: {user_licenses: {SFDC: 1800.50}}}").prices
    assert prices.model_dump() == {
        "currency": "EUR",
        "user_licenses": {"SFDC": Decimal("1800.50"), "AUL": Decimal(300)},
        "permission_set_licenses": {"Psl": Decimal(10)},
    }


def test_prices_in_another_currency_are_not_inherited(load) -> None:
    prices = own(load, "{prices: {currency: USD, user_licenses: {SFDC: 2100}}}").prices
    assert prices.user_licenses == {"SFDC": Decimal(2100)}
    assert prices.permission_set_licenses == {}


def test_a_schedule_is_overridden_key_by_key(load) -> None:
    settings = load(COMMON.replace("    policy: {OWN}", "    schedule: {cron: 0 5 * * 3}"))
    assert settings.org("acme").schedule.model_dump() == {"cron": "0 5 * * 3", "timezone": "Europe/Berlin"}
    assert settings.org("plain").schedule.model_dump() == {"cron": "0 7 * * 2", "timezone": "Europe/Berlin"}


DECIDED = {
    "integration_users": {
        "usernames": ["  Svc@Acme.example "],
        "username_patterns": ["kiosk-*"],
        "exclude": ["svc.human@*"],
        "name_words": ["Kopplung", "BOT"],
    },
    "approved_apps": ["Dataloader"],
    "decommissioned_apps": ["0H4000000000001"],
    "known_networks": ["203.0.113.0/24", "198.51.100.7", "2001:DB8::/32"],
    "justified_permissions": [
        {
            "username": "svc@acme.example",
            "permissions": ["ViewAllData", "ManageUsers"],
            "reason": "copies it all",
            "owner": "data",
            "expires": date(2027, 1, 31),
        }
    ],
    "thresholds": {"max_countries": 0},
    "prices": {"currency": "EUR", "user_licenses": {"SFDC": 2100.5}, "permission_set_licenses": {"Psl": 0}},
    "waivers": [
        {
            "finding_type": "inactive_user",
            "subject": "amy@acme.example",
            "reason": "on leave; it's agreed",
            "owner": "hr",
            "expires": "2026-12-31",
        }
    ],
}


def landed(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"from policy.{table}").fetchall()


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in connection.execute(f"describe policy.{table}").fetchall()}


def test_a_policy_becomes_the_tables_that_the_rules_read() -> None:
    with duckdb.connect() as connection:
        rows = load_policy(Policy.model_validate(DECIDED), connection)
        assert landed(connection, "integration_usernames") == [("Svc@Acme.example",)]
        assert landed(connection, "username_patterns") == [("kiosk-*",)]
        assert landed(connection, "username_excludes") == [("svc.human@*",)]
        assert landed(connection, "approved_apps") == [("Dataloader",)]
        assert landed(connection, "decommissioned_apps") == [("0H4000000000001",)]
        assert landed(connection, "known_networks") == [("203.0.113.0/24",), ("198.51.100.7/32",), ("2001:db8::/32",)]
        assert landed(connection, "justified_permissions") == [
            ("svc@acme.example", "ViewAllData", "copies it all", "data", date(2027, 1, 31)),
            ("svc@acme.example", "ManageUsers", "copies it all", "data", date(2027, 1, 31)),
        ]
        assert columns(connection, "justified_permissions")["expires"] == "DATE"
        assert landed(connection, "waivers") == [
            ("inactive_user", "amy@acme.example", "on leave; it's agreed", "hr", date(2026, 12, 31))
        ]
        assert columns(connection, "waivers")["expires"] == "DATE"
        assert landed(connection, "prices") == [
            ("user_license", "SFDC", Decimal("2100.50"), "EUR"),
            ("permission_set_license", "Psl", Decimal("0.00"), "EUR"),
        ]
        assert columns(connection, "prices")["annual_price"] == "DECIMAL(18,2)"
        assert landed(connection, "currency") == [("EUR",)]
        assert columns(connection, "thresholds") == dict.fromkeys(Thresholds.model_fields, "INTEGER")
        assert landed(connection, "thresholds") == [(90, 7, 90, 30, 90, 30, 30, 1, 1, 0, 1)]
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'policy'"
        ).fetchall()
        assert {name for (name,) in tables} == set(rows)
        assert all(rows[table] == len(landed(connection, table)) for table in rows)


BY_PERSON = {"reason": "VARCHAR", "owner": "VARCHAR", "expires": "DATE"}
TABLES = {
    "thresholds": dict.fromkeys(Thresholds.model_fields, "INTEGER"),
    "integration_usernames": {"username": "VARCHAR"},
    "username_patterns": {"pattern": "VARCHAR"},
    "username_excludes": {"pattern": "VARCHAR"},
    "name_words": {"word": "VARCHAR"},
    "approved_apps": {"app": "VARCHAR"},
    "decommissioned_apps": {"app": "VARCHAR"},
    "known_networks": {"network": "VARCHAR"},
    "justified_permissions": {"username": "VARCHAR", "permission": "VARCHAR", **BY_PERSON},
    "waivers": {"finding_type": "VARCHAR", "subject": "VARCHAR", **BY_PERSON},
    "prices": {
        "license_kind": "VARCHAR",
        "license_key": "VARCHAR",
        "annual_price": "DECIMAL(18,2)",
        "currency": "VARCHAR",
    },
    "currency": {"currency": "VARCHAR"},
}
"""The columns that the rules are written against."""


@pytest.mark.parametrize("decided", [{}, DECIDED], ids=["nothing", "much"])
def test_the_tables_have_the_columns_that_the_rules_read(decided: dict[str, Any]) -> None:
    with duckdb.connect() as connection:
        tables = load_policy(Policy.model_validate(decided), connection)
        assert {table: columns(connection, table) for table in tables} == TABLES


def test_the_policy_of_the_demo_org_is_right(load) -> None:
    now = datetime(2026, 11, 2, 6, tzinfo=UTC)
    decided = demo_policy(1, now)
    settings = load(
        yaml.safe_dump(
            yaml.safe_load(COMMON.partition("policy:\n  thresholds")[0].replace("{OWN}", "{}")) | {"policy": decided}
        )
    )
    with duckdb.connect() as connection:
        rows = load_policy(settings.org("plain").policy, connection)
        prices = {key: price for _, key, price, _ in landed(connection, "prices")}
        expires = [last for *_, last in landed(connection, "waivers")]
    assert rows["justified_permissions"] == sum(len(each["permissions"]) for each in decided["justified_permissions"])
    assert rows["approved_apps"] == len(decided["approved_apps"])
    given = decided["prices"]["user_licenses"] | decided["prices"]["permission_set_licenses"]
    assert prices == {key: Decimal(str(price)) for key, price in given.items()}
    assert expires == [each["expires"] for each in decided["waivers"]]


def test_the_words_of_the_rules_are_shipped_and_the_policy_adds_to_them() -> None:
    shipped = (
        "integration, api, svc, service, bot, etl, sync, automation, middleware, connector, interface, webservice, "
        "batch, system, mulesoft, boomi, informatica, fivetran"
    )
    with duckdb.connect() as connection:
        load_policy(Policy.model_validate(DECIDED), connection)
        words = [word for (word,) in landed(connection, "name_words")]
    assert {*shipped.split(", "), "kopplung"} <= set(words)
    assert len(words) == len(set(words))
    assert all(re.fullmatch("[a-z]+", word) for word in words)


def test_landing_replaces_what_was_decided_before() -> None:
    with duckdb.connect() as connection:
        load_policy(Policy.model_validate(DECIDED), connection)
        rows = load_policy(Policy(), connection)
        assert {table: count for table, count in rows.items() if count} == {
            "thresholds": 1,
            "name_words": len(landed(connection, "name_words")),
            "currency": 1,
        }
        assert landed(connection, "waivers") == []


def test_landing_that_fails_leaves_what_was_decided_before() -> None:
    too_much = Policy().model_copy(update={"thresholds": Thresholds().model_copy(update={"max_countries": 2**40})})
    with duckdb.connect() as connection:
        load_policy(Policy(integration_users=IntegrationUsers(usernames=("kept@x",))), connection)
        with pytest.raises(duckdb.Error):
            load_policy(too_much, connection)
        assert landed(connection, "integration_usernames") == [("kept@x",)]
        assert landed(connection, "thresholds")[0][:2] == (90, 7)


def test_a_policy_is_never_changed() -> None:
    with pytest.raises(ValidationError):
        Policy().thresholds.max_countries = 7  # type: ignore[misc]


def sections() -> list[type[BaseModel]]:
    found = {
        value for module in (policies, settings_module) for value in vars(module).values() if isinstance(value, type)
    }
    return sorted(
        (each for each in found if issubclass(each, Section) and each is not Section), key=lambda each: each.__name__
    )


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_key_is_explained(section: type[BaseModel]) -> None:
    document = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    sign_in_error = set(re.findall(r"^\| `([a-z_]+)`", document, re.MULTILINE))
    assert set(section.model_fields) <= sign_in_error


def test_every_default_number_is_explained() -> None:
    document = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    sign_in_error = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", document, re.MULTILINE))
    defaults = Thresholds().model_dump() | Limits().model_dump() | Keep().model_dump()
    defaults["api_budget_percent"] = OrgSettings.model_fields["api_budget_percent"].default
    assert sign_in_error == {name: str(value) for name, value in defaults.items()}
