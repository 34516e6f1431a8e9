"""The powerful permissions, by tier, as `dbt_project/seeds/powerful_permissions.csv` lists them."""

import csv
from pathlib import Path

SEED = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "powerful_permissions.csv"


def _permissions(tier: int) -> tuple[str, ...]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return tuple(row["permission"] for row in csv.DictReader(file) if row["tier"] == str(tier))


TIER_0 = _permissions(0)
"""Permissions that control the org."""
TIER_1 = _permissions(1)
"""Permissions that control identities."""
TIER_2 = _permissions(2)
"""Permissions that open all the data."""
POWERFUL_PERMISSIONS = (*TIER_0, *TIER_1, *TIER_2)
