"""What the company decides: known integration users, apps, thresholds, prices, justifications, waivers.

The models are the `policy` section of `spendready.yml`; `land_policy` makes them tables that the rules read.
"""

from datetime import date
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, TypeVar

import duckdb
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from spendready_pipeline.salesforce.objects import TIER_0, TIER_1, TIER_2

FINDINGS_FOLDER = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "findings"

POWERFUL_PERMISSIONS = frozenset({*TIER_0, *TIER_1, *TIER_2})

NAME_WORDS = (
    "integration",
    "api",
    "svc",
    "service",
    "bot",
    "etl",
    "sync",
    "automation",
    "middleware",
    "connector",
    "interface",
    "webservice",
    "batch",
    "system",
    "daemon",
    "robot",
    "rpa",
    "webhook",
    "mulesoft",
    "boomi",
    "informatica",
    "fivetran",
    "workato",
    "zapier",
    "talend",
    "jitterbit",
    "celigo",
    "snaplogic",
    "matillion",
    "airbyte",
    "hightouch",
)
"""Words in a username, name or alias that hint at an integration user; `integration_users.name_words` adds to them."""


def finding_types() -> frozenset[str]:
    """The names of the finding types: those that have a model in the dbt project."""
    return frozenset(path.stem.removeprefix("finding_") for path in FINDINGS_FOLDER.glob("*/finding_*.yml"))


def _known(what: str, name: str, known: frozenset[str]) -> str:
    if name not in known:
        raise ValueError(f"{name} is no {what}; known are: {', '.join(sorted(known))}")
    return name


def _finding_type(name: str) -> str:
    return _known("finding type", name, finding_types())


def _permission(name: str) -> str:
    return _known("permission that the audit judges", name, POWERFUL_PERMISSIONS)


def _network(cidr: str) -> str:
    ip_network(cidr)
    return cidr


Model = TypeVar("Model", bound=BaseModel)
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Price = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IntegrationUsers(_Part):
    """Which users are integration users, whatever their behaviour says, and which are not."""

    usernames: list[Text] = []
    username_patterns: list[Text] = []
    exclude: list[Text] = []
    name_words: list[Text] = []


class JustifiedPermissions(_Part):
    """Powerful permissions of one user that somebody answers for, until the end of a UTC day."""

    username: Text
    permissions: Annotated[list[Annotated[str, AfterValidator(_permission)]], Field(min_length=1)]
    reason: Text
    owner: Text
    expires: date


class Waiver(_Part):
    """A finding that the company accepts, until the end of a UTC day."""

    finding_type: Annotated[str, AfterValidator(_finding_type)]
    subject: Text
    reason: Text
    owner: Text
    expires: date


class Thresholds(_Part):
    """From where on something is a finding: days of 24 hours, or a count."""

    stale_token_days: Count = 90
    never_used_token_days: Count = 7
    inactive_user_days: Count = 90
    never_logged_in_days: Count = 30
    dormant_integration_days: Count = 90
    login_window_days: Count = 30
    temporary_access_days: Count = 30
    max_applications: Count = 1
    max_interactive_networks: Count = 1
    max_countries: Count = 2
    unassigned_seats_min: Annotated[int, Field(ge=1)] = 1


class Prices(_Part):
    """What the company pays a year for one seat, by licence key; it wins over list prices."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    user_licenses: dict[Text, Price] = {}
    permission_set_licenses: dict[Text, Price] = {}


class Policy(_Part):
    """All that the company decides about one org."""

    integration_users: IntegrationUsers = IntegrationUsers()
    approved_apps: list[Text] = []
    decommissioned_apps: list[Text] = []
    known_networks: list[Annotated[str, AfterValidator(_network)]] = []
    justified_permissions: list[JustifiedPermissions] = []
    thresholds: Thresholds = Thresholds()
    prices: Prices = Prices()
    waivers: list[Waiver] = []

    def overridden_by(self, other: "Policy | None") -> "Policy":
        """This policy with what `other` sets in its place: key by key, within sections too; lists are replaced."""
        return _overridden(self, other) if other else self


def _overridden(base: Model, other: Model) -> Model:
    changes: dict[str, Any] = {}
    for name in other.model_fields_set:
        before, after = getattr(base, name), getattr(other, name)
        if isinstance(after, BaseModel):
            changes[name] = _overridden(before, after)
        else:
            changes[name] = {**before, **after} if isinstance(after, dict) else after
    return base.model_copy(update=changes)


def land_policy(policy: Policy, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Replaces the tables of the schema `policy`, all or none.

    Args:
        policy: What the company decides about the org.
        connection: The org's warehouse.

    Returns:
        Rows by table.
    """
    users, prices = policy.integration_users, policy.prices
    thresholds = policy.thresholds.model_dump()
    by_person = "reason varchar, owner varchar, expires date"
    tables: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "thresholds": (", ".join(f"{name} integer" for name in thresholds), [tuple(thresholds.values())]),
        "integration_usernames": ("username varchar", [(each,) for each in users.usernames]),
        "username_patterns": ("pattern varchar", [(each,) for each in users.username_patterns]),
        "username_excludes": ("pattern varchar", [(each,) for each in users.exclude]),
        "name_words": (
            "word varchar",
            [(each,) for each in dict.fromkeys([*NAME_WORDS, *(word.strip().lower() for word in users.name_words)])],
        ),
        "approved_apps": ("app varchar", [(each,) for each in policy.approved_apps]),
        "decommissioned_apps": ("app varchar", [(each,) for each in policy.decommissioned_apps]),
        "known_networks": ("network varchar", [(each,) for each in policy.known_networks]),
        "justified_permissions": (
            f"username varchar, permission varchar, {by_person}",
            [
                (each.username, permission, each.reason, each.owner, each.expires)
                for each in policy.justified_permissions
                for permission in each.permissions
            ],
        ),
        "waivers": (
            f"finding_type varchar, subject varchar, {by_person}",
            [(each.finding_type, each.subject, each.reason, each.owner, each.expires) for each in policy.waivers],
        ),
        "prices": (
            "license_kind varchar, license_key varchar, annual_price decimal(18, 2), currency varchar",
            [
                (kind, key, price, prices.currency)
                for kind, by_key in (
                    ("user_license", prices.user_licenses),
                    ("permission_set_license", prices.permission_set_licenses),
                )
                for key, price in by_key.items()
            ],
        ),
        "currency": ("currency varchar", [(prices.currency,)]),
    }
    connection.execute("begin")
    try:
        connection.execute("create schema if not exists policy")
        for name, (columns, rows) in tables.items():
            connection.execute(f"create or replace table policy.{name} ({columns})")
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f"insert into policy.{name} values ({marks})", rows)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return {name: len(rows) for name, (_, rows) in tables.items()}
