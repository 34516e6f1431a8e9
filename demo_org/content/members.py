"""The org's users: what one is, the records it gets, and the findings that it must be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from demo_org.content.access import GROUPS, SETS, Access
from demo_org.content.apps import APPS, Apps
from demo_org.content.company import DOMAIN, LICENSES, PROFILES, PSLS, Company
from demo_org.content.ledger import Ledger
from demo_org.content.oauth_token import Token
from demo_org.content.planted import token_key

OFFICE_IP, OFFICE_COUNTRY = "198.51.100.17", "DE"
CLOUD_IP = "203.0.113.40"
"""Where people and machines sign in from, unless something else is said (addresses for documentation, RFC 5737)."""


@dataclass
class Member:
    """A user of the org.

    Attributes:
        profile: A key of PROFILES; None for a user without one.
        raised: Its findings weigh a step more: it is active and holds a permission that controls the org.
        is_system: A user of the platform itself; its tokens are nobody's app.
    """

    ledger: Ledger
    company: Company
    access: Access
    apps: Apps
    id: str
    username: str
    name: str
    profile: str | None
    active: bool
    raised: bool
    is_system: bool = False
    _positions: dict[tuple[str, datetime | None], int] = field(default_factory=dict)

    @property
    def license_name(self) -> str | None:
        """Name of its user licence."""
        return LICENSES[PROFILES[self.profile].license].name if self.profile else None

    def finding(
        self, finding_type: str, subject: tuple[str, str | None], own: Mapping[str, object], cost: Decimal | None = None
    ) -> None:
        """Writes down a finding of something that is this user's."""
        self.ledger.finding(
            finding_type,
            subject,
            own,
            user=(self.id, self.username),
            raised=self.raised and self.active,
            cost=cost,
        )

    def found(self, finding_type: str, **own: object) -> "Member":
        """Writes down that this user itself is a finding."""
        license_key = PROFILES[self.profile].license if self.profile else None
        cost = LICENSES[license_key].seat_price if license_key else None
        self.finding(finding_type, (self.id, self.name), own, cost)
        return self

    def harmless(self, finding_type: str, why: str) -> "Member":
        """Writes down that this user looks like a finding and is none."""
        self.ledger.look_alike(finding_type, self.id, why)
        return self

    def login(
        self,
        at: datetime,
        kind: str = "Application",
        *,
        sub_type: str | None = None,
        application: str | None = "Browser",
        browser: str = "Chrome 141",
        ip: str | None = OFFICE_IP,
        country: str | None = OFFICE_COUNTRY,
        status: str = "Success",
    ) -> str:
        """Writes a login and gives its Id."""
        return self.ledger.add(
            "LoginHistory",
            UserId=self.id,
            LoginTime=at,
            LoginType=kind,
            LoginSubType=sub_type,
            Status=status,
            Application=application,
            Browser=browser,
            Platform="Unknown" if browser == "Unknown" else "Windows 11",
            ApiType="N/A" if browser != "Unknown" else "REST API",
            SourceIp=ip,
            CountryIso=country,
        )

    def call(
        self,
        at: datetime,
        application: str | None = "SAP Sync",
        *,
        kind: str = "Remote Access 2.0",
        sub_type: str | None = None,
        browser: str = "Unknown",
        ip: str = CLOUD_IP,
        country: str | None = OFFICE_COUNTRY,
        status: str = "Success",
    ) -> str:
        """Writes a machine's login and gives its Id; without a sub-type, as JWT bearer is (salesforce.md, 3.3)."""
        return self.login(
            at, kind, sub_type=sub_type, application=application, browser=browser, ip=ip, country=country, status=status
        )

    def calls(self, count: int, application: str = "SAP Sync", *, newest: float = 0.05, days: float = 25) -> "Member":
        """Writes machine logins evenly over a span: the newest and the whole span in days before now."""
        step = (days - newest) / max(count - 1, 1)
        for number in range(count):
            self.call(self.ledger.ago(days=newest + number * step), application)
        return self

    def session(
        self,
        kind: str,
        *,
        touched: datetime | None = None,
        created: datetime | None = None,
        seconds_valid: int = 7200,
        ip: str = OFFICE_IP,
        login_type: str = "Application",
        parent: str | None = None,
    ) -> str:
        """Writes a session and gives its Id; without a parent it is its own (Object Reference, AuthSession)."""
        ids = self.ledger.ids
        session_id = ids.mint("AuthSession")
        touched = touched or self.ledger.ago(seconds=600)
        return self.ledger.add(
            "AuthSession",
            Id=session_id,
            UsersId=self.id,
            LoginType=login_type,
            SessionType=kind,
            SessionSecurityLevel="STANDARD",
            SourceIp=ip,
            ParentId=parent or session_id,
            NumSecondsValid=seconds_valid,
            CreatedDate=created or touched,
            LastModifiedDate=touched,
        )

    def token(
        self,
        app: str,
        *,
        created: datetime | None,
        last_used: datetime | None,
        uses: int | None = 12,
        token_id: str | None = None,
        own_id: bool = True,
    ) -> Token:
        """Writes a token; equals must be written in the order of their keys: the stalest first.

        Args:
            app: A key of APPS.
            created: When it was granted.
            last_used: When it was used last.
            uses: Its UseCount.
            token_id: Its Id, where the org gives tokens one.
            own_id: The Id is no other token's.
        """
        self.ledger.add(
            "OauthToken",
            Id=token_id,
            UserId=self.id,
            AppName=APPS[app].label,
            AppMenuItemId=self.apps.menu_ids[app],
            CreatedDate=created,
            LastUsedDate=last_used,
            UseCount=uses,
        )
        position = self._positions[app, created] = self._positions.get((app, created), 0) + 1
        if not self.is_system:
            self.apps.count(app, self.id, last_used)
        label = APPS[app].label
        key = token_id if token_id and own_id else token_key(self.id, label, created, position)
        app_id = self.apps.ids[app] if self.apps.menu_ids[app] else None
        return Token(self.ledger, self.finding, key, label, app_id, created, last_used, uses)

    def holds(
        self,
        key: str,
        *,
        assigned: datetime | None = None,
        expires: datetime | None = None,
        is_active: bool | None = True,
        revoked: bool = False,
    ) -> str:
        """Assigns a permission set (a key of SETS) or a group (of GROUPS) and gives the assignment's Id."""
        group = key in GROUPS
        return self.ledger.add(
            "PermissionSetAssignment",
            AssigneeId=self.id,
            PermissionSetId=self.access.aggregated_ids[key] if group else self.access.set_ids[key],
            PermissionSetGroupId=self.access.group_ids[key] if group else None,
            IsActive=is_active,
            IsRevoked=revoked,
            ExpirationDate=expires,
            SystemModstamp=assigned or self.ledger.ago(days=10),
        )

    def temporary(
        self, assignment: str, key: str, *, assigned: datetime, permissions: Iterable[str], temporary_name: bool
    ) -> "Member":
        """Writes down that an assignment is temporary access that was never removed."""
        label = GROUPS[key].label if key in GROUPS else SETS[key].label
        own = {
            "permission_set_name": label,
            "assigned_at": assigned,
            "permissions": sorted(permissions),
            "temporary_name": temporary_name,
        }
        self.finding("temporary_access_never_removed", (assignment, label), own)
        return self

    def seat(self, psl: str, *reasons: str, revoked: bool = False, why: str = "") -> str:
        """Assigns a permission set licence and gives the assignment's Id.

        Args:
            psl: A key of PSLS.
            reasons: Why it is unused, where it is.
            revoked: It was taken back.
            why: Why it looks unused and is not.
        """
        assignment = self.ledger.add(
            "PermissionSetLicenseAssign",
            AssigneeId=self.id,
            PermissionSetLicenseId=self.company.psl_ids[psl],
            IsRevoked=revoked,
            CreatedDate=self.ledger.ago(days=200),
            LastModifiedDate=self.ledger.ago(days=200),
            SystemModstamp=self.ledger.ago(days=200),
        )
        if reasons:
            own = {"psl_name": PSLS[psl].label, "psl_key": PSLS[psl].key, "reasons": sorted(reasons)}
            self.finding("psl_unused", (assignment, PSLS[psl].label), own, PSLS[psl].price)
        if why:
            self.ledger.look_alike("psl_unused", assignment, why)
        return assignment


def username(local: str) -> str:
    """Returns a username of the company."""
    return local if "@" in local else f"{local}@{DOMAIN}"
