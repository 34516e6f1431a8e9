"""One snapshot of one org as the oracle sees it: Salesforce's records and the policy, as dictionaries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.dbt.orgs import NOW, THRESHOLDS

Row = dict[str, Any]

LOGINS_KNOWN_DAYS = 200


@dataclass(frozen=True)
class Extraction:
    """How an object was read: read, short, own_rows, hidden or failed; and the fields that the org did not give."""

    status: str = "read"
    missing_fields: list[str] = field(default_factory=list)


@dataclass
class OddOrg:
    """An org at one moment.

    Attributes:
        tables: Salesforce's object to its rows, by Salesforce's field names; a key that is missing is null.
        policy: A table of the schema `policy` to its rows.
        thresholds: Every threshold of the policy; days, or counts.
        snapshot_at: The org's own clock, in UTC.
        extractions: How objects were read, where not whole.
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    policy: dict[str, list[Row]] = field(default_factory=dict)
    thresholds: dict[str, int] = field(default_factory=lambda: dict(THRESHOLDS))
    snapshot_at: datetime = NOW
    extractions: dict[str, Extraction] = field(default_factory=dict)

    def extraction(self, sobject: str) -> Extraction:
        """How an object was read."""
        return self.extractions.get(sobject, Extraction())

    @property
    def logins_known_since(self) -> datetime:
        """Logins are known without a gap since this moment."""
        return self.snapshot_at - timedelta(days=LOGINS_KNOWN_DAYS)
