"""What is found about integration users: sessions, logins, permissions."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading import logins, people
from tests.dbt.oracle.reading.licenses import name_of
from tests.dbt.oracle.reading.org import Org, id15
from tests.dbt.oracle.reading.permissions import assignments_in_force, group_id, holds, source, unjustified
from tests.dbt.oracle.reading.words import has_word, seed

UI = {
    "ui", "aura", "visualforce", "content", "lightningcontainercomponent", "substituteuser", "tempuifrontdoor",
    "chatternetworks", "sitestudio",
}  # fmt: skip
Found = tuple[str, Row, dict[str, Any]]


def ui_sessions(org: Org) -> Iterator[Found]:
    """A live session of the UI family; those with one parent count once."""
    for user in people.integration_users(org):
        live = [
            each
            for each in org.of("AuthSession", "UsersId", user["Id"])
            if (each["SessionType"] or "").lower() in UI
            and each["LastModifiedDate"] is not None
            and each["NumSecondsValid"] is not None
            and each["LastModifiedDate"] + timedelta(seconds=each["NumSecondsValid"]) > org.now
        ]
        begun = [each["CreatedDate"] for each in live if each["CreatedDate"]]
        if live:
            own = {
                "session_count": len({id15(each["ParentId"] or each["Id"]) for each in live}),
                "session_types": logins.values(live, "SessionType"),
                "source_ips": logins.values(live, "SourceIp"),
                "first_session_at": min(begun, default=None),
                "last_session_at": max(begun, default=None),
                "login_as": any(each["SessionType"].lower() == "substituteuser" for each in live),
            }
            yield user["Id"], user, own


def interactive_logins(org: Org) -> Iterator[Found]:
    """A person, or an admin in the user's place, logged in within the window."""
    for user in people.integration_users(org):
        found = [each for each in logins.in_window(org, user) if logins.kind(each) in {"interactive", "login_as"}]
        if found:
            own = {
                "login_count": len(found),
                "login_types": logins.values(found, "LoginType"),
                "source_ips": logins.values(found, "SourceIp"),
                "countries": logins.values(found, "CountryIso"),
                "browsers": logins.values(found, "Browser"),
                "first_login_at": min(each["LoginTime"] for each in found),
                "last_login_at": max(each["LoginTime"] for each in found),
            }
            yield user["Id"], user, own


def password_logins(org: Org) -> Iterator[Found]:
    """A login with a password within the window."""
    for user in people.integration_users(org):
        found = [each for each in logins.in_window(org, user) if logins.is_password_login(each)]
        if found:
            own = {
                "login_count": len(found),
                "login_types": logins.values(found, "LoginType", "LoginSubType"),
                "applications": logins.values(found, "Application"),
                "last_login_at": max(each["LoginTime"] for each in found),
            }
            yield user["Id"], user, own


def not_api_only(org: Org) -> Iterator[Found]:
    """Nothing in force limits the user to the API, nor does its licence."""
    for user in people.integration_users(org):
        profile, license_ = people.profile_of(org, user), people.license_of(org, user)
        if profile and license_ and not people.is_integration_license(license_) and not holds(org, user, "ApiUserOnly"):
            yield user["Id"], user, {"profile_name": profile["Name"], "license_name": name_of(license_)}


def excess_permissions(org: Org) -> Iterator[Found]:
    """Powerful permissions in force that nobody answers for."""
    for user in people.integration_users(org):
        through = {
            (permission, *source(org, assignment, given))
            for assignment, given in assignments_in_force(org, user)
            for permission in unjustified(org, user, given)
        }
        if through:
            yield (
                user["Id"],
                user,
                {
                    "permissions": sorted({each[0] for each in through}),
                    "granted_through": [
                        {"permission": permission, "kind": kind, "name": name}
                        for permission, kind, name in sorted(through, key=lambda each: (each[:2], each[2] or ""))
                    ],
                },
            )


def temporary_access(org: Org) -> Iterator[Found]:
    """Held for long without an end, and powerful or called temporary. On the first snapshot nothing was seen before."""
    temporary = [row["word"] for row in seed("temporary_words")]
    for user in people.integration_users(org):
        for assignment, given in assignments_in_force(org, user):
            assigned_at = min(assignment["SystemModstamp"] or org.now, org.now)
            if source(org, assignment, given)[0] == "profile" or assignment["ExpirationDate"] is not None:
                continue
            group = org.by_id("PermissionSetGroup", group_id(assignment, given))
            names = [group["DeveloperName"], group["MasterLabel"]] if group else [given["Name"], given["Label"]]
            permissions = sorted(unjustified(org, user, given))
            is_temporary = has_word(names, temporary, joined=True)
            if assigned_at <= org.limit("temporary_access_days") and (permissions or is_temporary):
                own = {
                    "permission_set_name": source(org, assignment, given)[1],
                    "assigned_at": assigned_at,
                    "permissions": permissions,
                    "temporary_name": is_temporary,
                }
                yield assignment["Id"], user, own


def network(org: Org, address: str | None) -> str | None:
    """The /24 or /48 of an address, unless it is none or a known network's."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    known = [ipaddress.ip_network(each) for each in org.said("known_networks", "network")]
    if any(ip in each for each in known):
        return None
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def shared_credentials(org: Org) -> Iterator[Found]:
    """More applications, networks or countries than one integration has."""
    limits = org.thresholds
    for user in people.integration_users(org):
        recent = logins.in_window(org, user)
        machine = [each for each in recent if logins.kind(each) == "machine"]
        by_person = [each for each in recent if logins.kind(each) == "interactive"]
        applications = logins.clients(machine)
        networks = sorted(filter(None, {network(org, each["SourceIp"]) for each in by_person}))
        countries = logins.values(recent, "CountryIso")
        why = [
            ("applications", len(applications) > limits["max_applications"]),
            ("countries", len(countries) > limits["max_countries"]),
            ("networks", len(networks) > limits["max_interactive_networks"]),
        ]
        reasons = [name for name, holds in why if holds]
        if reasons:
            own = {"reasons": reasons, "applications": applications, "networks": networks, "countries": countries}
            yield user["Id"], user, own
