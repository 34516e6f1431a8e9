"""An OAuth token that a user was given, and the findings that it must be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from demo_org.content.ledger import Ledger


@dataclass
class Token:
    """An OAuth token that a user was given.

    Attributes:
        finding: Writes down a finding of something that is its user's: the type, the subject and its own columns.
        app_id: The app's id, where the org's app menu has it.
        last_attempt_failed: The user's logins to the app failed on the day of its last use.
    """

    ledger: Ledger
    finding: Callable[[str, tuple[str, str], Mapping[str, object]], None]
    key: str
    app_name: str
    app_id: str | None
    created: datetime | None
    last_used: datetime | None
    uses: int | None
    last_attempt_failed: bool = False

    def _found(self, finding_type: str, **own: object) -> None:
        common = {
            "app_name": self.app_name,
            "app_id": self.app_id,
            "token_created_at": self.created,
            "last_attempt_failed": self.last_attempt_failed,
        }
        self.finding(finding_type, (self.key, self.app_name), common | own)

    def failed(self) -> "Token":
        """Notes that the attempt which moved its last use was refused."""
        self.last_attempt_failed = True
        return self

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
        self.ledger.look_alike(finding_type, self.key, why)
        return self
