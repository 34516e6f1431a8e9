"""Loading the policy of an org into the schema `policy`, whose tables the rules read."""

from typing import Any

import duckdb

from spendready_pipeline.policy.configuration import NAME_WORDS, Policy
from spendready_pipeline.storage.warehouse import transaction


def load_policy(policy: Policy, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
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
            [(each,) for each in dict.fromkeys([*NAME_WORDS, *users.name_words])],
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
    with transaction(connection, "policy"):
        for name, (columns, rows) in tables.items():
            connection.execute(f"create or replace table policy.{name} ({columns})")
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f"insert into policy.{name} values ({marks})", rows)  # noqa: S608 - names of ours
    return {name: len(rows) for name, (_, rows) in tables.items()}
