"""One snapshot of one org as the oracle sees it: Salesforce's records and the policy, as dictionaries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.dbt.orgs import NOW, THRESHOLDS

Row = dict[str, Any]

LOGINS_KNOWN_DAYS = 200


@dataclass
class OddOrg:
    """An org whose every object was read whole, at one moment.

    Attributes:
        tables: Salesforce's object to its rows, by Salesforce's field names; a key that is missing is null.
        policy: A table of the schema `policy` to its rows.
        thresholds: Every threshold of the policy; days, or counts.
        snapshot_at: The org's own clock, in UTC.
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    policy: dict[str, list[Row]] = field(default_factory=dict)
    thresholds: dict[str, int] = field(default_factory=lambda: dict(THRESHOLDS))
    snapshot_at: datetime = NOW

    @property
    def logins_known_since(self) -> datetime:
        """Logins are known without a gap since this moment."""
        return self.snapshot_at - timedelta(days=LOGINS_KNOWN_DAYS)
