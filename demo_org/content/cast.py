"""The cast: how people, machines and the platform's own users come into the org, each with what it must be found as."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from demo_org.content.access import Access
from demo_org.content.apps import APPS, Apps
from demo_org.content.company import LICENSES, PROFILES, Company
from demo_org.content.ledger import Ledger
from demo_org.content.members import Member, username
from demo_org.content.oauth_token import Token
from demo_org.content.planted import token_key

FREE_INTEGRATION_SEATS = LICENSES["machine"].spare


@dataclass(frozen=True)
class MachineKind:
    """What machines are made as.

    Attributes:
        profile: A key of PROFILES.
        reasons: Why such a user is an integration user, whatever it is called and does.
        psl: It holds the licence of API integrations.
        api_only: Something stops a browser login.
    """

    profile: str
    reasons: tuple[str, ...]
    psl: bool = False
    api_only: bool = True


PROPER = MachineKind(
    "api_only", ("integration_license", "api_only_permission", "integration_psl", "integration_profile"), psl=True
)
"""As it should be: no finding by itself."""
FULL_LICENSE = MachineKind("api_only_crm", ("api_only_permission",))
PLATFORM_LICENSE = MachineKind("platform_machine", ("api_only_permission",))
LEGACY = MachineKind("legacy_crm", (), api_only=False)
"""A person's licence, and nothing that stops a browser login."""
ADMIN = MachineKind("admin", (), api_only=False)
BY_PROFILE = MachineKind("known_profile", ("integration_profile",), api_only=False)


class About(TypedDict, total=False):
    """What may be said of a user beyond its name and profile; see `Cast.user`."""

    created: datetime
    last_login: datetime | None
    active: bool
    frozen: bool
    locked: bool
    user_type: str
    alias: str
    raised: bool


class Cast:
    """Makes the org's users."""

    def __init__(self, ledger: Ledger, company: Company, access: Access, apps: Apps) -> None:
        self.ledger = ledger
        self.company = company
        self.access = access
        self.apps = apps

    def ago(self, days: float = 0, *, hours: float = 0, seconds: float = 0) -> datetime:
        """Returns the moment this long before now."""
        return self.ledger.ago(days, hours=hours, seconds=seconds)

    def user(
        self,
        local: str,
        name: str,
        profile: str | None,
        *,
        created: datetime,
        last_login: datetime | None,
        active: bool = True,
        frozen: bool = False,
        locked: bool = False,
        user_type: str = "",
        alias: str = "",
        raised: bool = False,
        is_system: bool = False,
    ) -> Member:
        """Writes a user, its freeze state and the assignment of its profile's own permission set.

        Args:
            local: Its username, or the part of it before the company's domain.
            name: Its full name.
            profile: A key of PROFILES, or None.
            created: When it was created.
            last_login: Its LastLoginDate.
            active: It is not deactivated.
            frozen: It is frozen.
            locked: Its password is locked.
            user_type: Its UserType; the profile's unless given.
            alias: Its alias; from its username unless given.
            raised: It holds a permission that controls the org, so its findings weigh a step more while it is active.
            is_system: It is a user of the platform itself.
        """
        first_name, _, last_name = name.rpartition(" ")
        administrator = self.ledger.ids.number("User", 1)
        user_id = self.ledger.ids.mint("User")
        self.ledger.add(
            "User",
            Id=user_id,
            Username=username(local),
            Name=name,
            FirstName=first_name or None,
            LastName=last_name,
            CommunityNickname=local.split("@")[0],
            Alias=alias or "".join(letter for letter in local.split("@")[0] if letter.isalnum())[:8],
            Email=username(local).replace("@", "@mail."),
            UserType=user_type or (PROFILES[profile].user_type if profile else "Standard"),
            IsActive=active,
            ProfileId=self.company.profile_ids[profile] if profile else None,
            UserRoleId=self.company.role_ids.get(profile or ""),
            ManagerId=None if is_system or user_id == administrator else administrator,
            LastLoginDate=last_login,
            CreatedDate=created,
            LastModifiedDate=created,
            SystemModstamp=created,
        )
        self.ledger.add("UserLogin", UserId=user_id, IsFrozen=frozen, IsPasswordLocked=locked, LastModifiedDate=created)
        if profile:
            self.ledger.add(
                "PermissionSetAssignment",
                AssigneeId=user_id,
                PermissionSetId=self.company.profile_set_ids[profile],
                IsActive=True,
                IsRevoked=False,
                SystemModstamp=created,
            )
        return Member(
            self.ledger, self.company, self.access, self.apps,
            user_id, username(local), name, profile, active, raised, is_system,
        )  # fmt: skip

    def person(self, local: str, name: str, profile: str = "sales", **about: Unpack[About]) -> Member:
        """Writes a person, who signed in with a browser two days ago unless `last_login` says otherwise."""
        standard: About = {"created": self.ago(500), "last_login": self.ago(2)}
        person = self.user(local, name, profile, **standard | about)
        if "last_login" not in about:
            person.login(self.ago(2))
        return person

    def machine(
        self,
        local: str,
        name: str,
        kind: MachineKind = PROPER,
        *,
        signal: str = "name_and_behavior",
        calls: int = 40,
        confidence: str = "",
        declared: Sequence[str] = (),
        psl_unused: Sequence[str] = (),
        **about: Unpack[About],
    ) -> Member:
        """Writes an integration user with what follows from its kind.

        Args:
            local: Its username, or the part before the company's domain.
            name: Its name.
            kind: What it is made as.
            signal: The reason that its name and behaviour give, if any.
            calls: How many machine logins it has, over the last 25 days.
            confidence: If it is neither certain by its kind nor else likely.
            declared: The reasons that the policy gives.
            psl_unused: Why its permission set licence is unused, if it is.
            about: As for `user`.
        """
        standard: About = {"created": self.ago(400), "last_login": self.ago(0.05) if calls else None}
        machine = self.user(local, name, kind.profile, **standard | about)
        if calls:
            machine.calls(calls)
        if kind.psl:
            machine.seat("api", *psl_unused)
        self.ledger.integration_user(
            machine.id,
            machine.username,
            confidence or ("certain" if kind.reasons else "likely"),
            [*declared, *kind.reasons, *([signal] if signal else [])],
        )
        if machine.active:
            self._license_findings(machine, kind)
        return machine

    def _license_findings(self, machine: Member, kind: MachineKind) -> None:
        license_ = LICENSES[PROFILES[kind.profile].license]
        if not kind.api_only:
            machine.found(
                "integration_user_not_api_only",
                profile_name=PROFILES[kind.profile].name,
                license_name=license_.name,
            )
        if license_.key in {"SFDC", "AUL"}:
            machine.found(
                "integration_user_on_interactive_license",
                license_name=license_.name,
                license_key=license_.key,
                free_integration_seats=FREE_INTEGRATION_SEATS,
            )

    def token_of_nobody(self, app: str, *, created: datetime, last_used: datetime | None, uses: int = 12) -> Token:
        """Writes a token that names no user, one an app and moment (describe: OauthToken.UserId is nillable)."""
        label, menu_item = APPS[app].label, self.apps.menu_ids[app]
        self.ledger.add(
            "OauthToken",
            Id=None,
            UserId=None,
            AppName=label,
            AppMenuItemId=menu_item,
            CreatedDate=created,
            LastUsedDate=last_used,
            UseCount=uses,
        )
        self.apps.count(app, None, last_used)
        app_id = self.apps.ids[app] if menu_item else None
        key = token_key("", label, created, 1)
        return Token(self.ledger, self.ledger.finding, key, label, app_id, created, last_used, uses)

    def candidate(self, local: str, name: str, reason: str, profile: str = "sales", **about: Unpack[About]) -> Member:
        """Writes a user that may be a machine: listed for a person to decide, and accused of nothing."""
        candidate = self.person(local, name, profile, **about)
        self.ledger.integration_user(candidate.id, candidate.username, "possible", [reason])
        return candidate

    def system(self, local: str, name: str, profile: str | None, why: str, **about: Unpack[About]) -> Member:
        """Writes a user of the platform itself, which never signed in: no finding, and no integration user."""
        standard: About = {"created": self.ago(900), "last_login": None}
        system = self.user(local, name, profile, is_system=True, **standard | about)
        self.ledger.integration_user(system.id, system.username, None, ["system_user"])
        return system.harmless("inactive_user", why)
