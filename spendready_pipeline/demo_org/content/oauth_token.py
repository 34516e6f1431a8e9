"""An OAuth token that a user was given, and the findings that it must be."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from spendready_pipeline.demo_org.content.apps import APPS

if TYPE_CHECKING:
    from spendready_pipeline.demo_org.content.members import Member


@dataclass
class Token:
    """An OAuth token that a user was given."""

    holder: "Member"
    app: str
    key: str
    created: datetime | None
    last_used: datetime | None
    uses: int | None

    def _found(self, finding_type: str, **own: object) -> None:
        self.holder.finding(
            finding_type,
            (self.key, APPS[self.app].label),
            {
                "app_name": APPS[self.app].label,
                "app_id": self.holder.apps.ids[self.app] if APPS[self.app].menu else None,
                "token_created_at": self.created,
            }
            | own,
        )

    def stale(self, days_unused: int) -> "Token":
        """Writes down that it is a stale token."""
        self._found("stale_oauth_token", last_used_at=self.last_used, use_count=self.uses, days_unused=days_unused)
        return self

    def never_used(self) -> "Token":
        """Writes down that it is a token that was never used."""
        self._found("never_used_oauth_token", use_count=self.uses)
        return self

    def orphaned(self, *reasons: str) -> "Token":
        """Writes down that it is a token without an owner, for these reasons."""
        self._found("orphaned_oauth_token", reasons=sorted(reasons), last_used_at=self.last_used)
        return self

    def harmless(self, finding_type: str, why: str) -> "Token":
        """Writes down that it looks like a finding and is none."""
        self.holder.ledger.look_alike(finding_type, self.key, why)
        return self
