"""OAuth tokens: their keys, their apps, and what is found about them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading import people
from tests.dbt.oracle.reading.org import Org, blanks_off, id15, plain
from tests.dbt.oracle.reading.words import letters_and_digits, seed

Key = str | tuple[Any, ...]
"""A token's own Id, or what the hash is over: user, app, creation, position among equals."""
Found = tuple[Key, Row, dict[str, Any]]


def keys(org: Org) -> list[tuple[Key, Row]]:
    """Each token with its key: the n-th stalest of equals keeps its own."""
    tokens = org.all("OauthToken")
    ids = Counter(each["Id"] for each in tokens)
    equals: dict[tuple[Any, ...], list[Row]] = {}
    for token in tokens:
        equals.setdefault((id15(token["UserId"]), token["AppName"] or "", token["CreatedDate"]), []).append(token)
    found: list[tuple[Key, Row]] = []
    for same, group in equals.items():
        for position, token in enumerate(sorted(group, key=_staleness), 1):
            own = token["Id"] is not None and ids[token["Id"]] == 1
            found.append((token["Id"] if own else (*same, position), token))
    return found


def _staleness(token: Row) -> tuple[bool, datetime | int, bool, int]:
    used, count = token["LastUsedDate"], token["UseCount"]
    return used is None, used or 0, count is None, count or 0


def menu_app_id(org: Org, token: Row) -> str | None:
    """The app that the token's menu item stands for."""
    item = org.by_id("AppMenuItem", token["AppMenuItemId"])
    return item["ApplicationId"] if item else None


def installed(org: Org) -> list[tuple[str, str]]:
    """Id and name of every installed connected app and external client app."""
    connected = [(each["Id"], each["Name"]) for each in org.all("ConnectedApplication")]
    return connected + [(each["Id"], each["MasterLabel"]) for each in org.all("ExternalClientApplication")]


def name_key(name: str | None) -> str:
    """What names of apps are compared by: letters and digits alone; a name that has none by all of it."""
    return letters_and_digits(name) or plain(name or "")


def app_of_name(org: Org, name: str | None) -> str | None:
    """The installed app of a name: by Name, MasterLabel or DeveloperName.

    Of apps that differ in nothing but case and signs it is the one that has the name as it is.
    """
    names = installed(org) + [(each["Id"], each["DeveloperName"]) for each in org.all("ExternalClientApplication")]
    alike = [(it != name, id15(identity), identity) for identity, it in names if it and name_key(it) == name_key(name)]
    return min(alike)[2] if name_key(name) and alike else None


def app_id(org: Org, token: Row) -> str | None:
    """A token's app: its menu item's, else the installed app of its name."""
    return menu_app_id(org, token) or app_of_name(org, token["AppName"])


def _is_named(org: Org, table: str, identity: str | None, labels: set[str | None]) -> bool:
    """The policy names an app: by id, by a token's label, or by the name that it is installed under."""
    names = {*labels, *(name for known, name in installed(org) if identity and id15(known) == id15(identity))}
    said = org.said(table, "app")
    by_id = identity is not None and any(id15(each.strip()) == id15(identity) for each in said)
    return by_id or bool({plain(each) for each in names if each} & {plain(each) for each in said})


def user_of(org: Org, token: Row) -> Row | None:
    """The user who granted the token."""
    return org.by_id("User", token["UserId"])


def judged_tokens(org: Org) -> Iterator[tuple[Key, Row]]:
    """The tokens that are not a system user's."""
    for key, token in keys(org):
        user = user_of(org, token)
        if user is None or not people.is_system_user(org, user):
            yield key, token


def _common(org: Org, token: Row) -> dict[str, Any]:
    return {
        "app_name": token["AppName"],
        "app_id": menu_app_id(org, token),
        "token_created_at": token["CreatedDate"],
        "last_attempt_failed": people.last_attempt_failed(org, token),
    }


def stale(org: Org) -> Iterator[Found]:
    """Not used for `stale_token_days`."""
    for key, token in judged_tokens(org):
        used = token["LastUsedDate"]
        if used is not None and used <= org.limit("stale_token_days"):
            own = {"last_used_at": used, "use_count": token["UseCount"], "days_unused": (org.now - used).days}
            yield key, token, _common(org, token) | own


def never_used(org: Org) -> Iterator[Found]:
    """Never used, and granted `never_used_token_days` ago or nobody knows when."""
    for key, token in judged_tokens(org):
        created = token["CreatedDate"]
        if token["LastUsedDate"] is None and (created is None or created <= org.limit("never_used_token_days")):
            yield key, token, _common(org, token) | {"use_count": token["UseCount"]}


def orphaned(org: Org) -> Iterator[Found]:
    """Its user is deactivated or frozen, or its app is decommissioned."""
    for key, token in judged_tokens(org):
        user = user_of(org, token)
        why = [
            ("app_decommissioned", _is_named(org, "decommissioned_apps", app_id(org, token), {token["AppName"]})),
            ("user_frozen", any(each["IsFrozen"] for each in org.of("UserLogin", "UserId", token["UserId"]))),
            ("user_inactive", user is not None and user["IsActive"] is False),
        ]
        reasons = [name for name, holds in why if holds]
        if reasons:
            yield key, token, _common(org, token) | {"reasons": reasons, "last_used_at": token["LastUsedDate"]}


def _named(token: Row) -> str | None:
    """What the token calls its app, if that is a name."""
    name: str | None = token["AppName"]
    return name if name and blanks_off(name) else None


def _most_frequent(tokens: list[Row]) -> str | None:
    """The name that most tokens have; of several, the first."""
    spellings = Counter(filter(None, map(_named, tokens)))
    return min(spellings, key=lambda name: (-spellings[name], name), default=None)


def _is_own_client(token: Row) -> bool:
    """The token is of one of Salesforce's own clients, by its name."""
    return name_key(token["AppName"]) in {name_key(row["app_name"]) for row in seed("salesforce_clients")}


def unmanaged_apps(org: Org) -> Iterator[tuple[Key, None, dict[str, Any]]]:
    """Apps with tokens that are not installed, or not among those approved; Salesforce's own are installed nowhere."""
    apps: dict[str, list[Row]] = {}
    for _, token in judged_tokens(org):
        apps.setdefault(id15(app_id(org, token)) or f"name {name_key(_named(token))}", []).append(token)
    names = {id15(identity): name for identity, name in installed(org)}
    all_installed_are_known = (
        org.is_whole("ConnectedApplication", "ExternalClientApplication")
        and org.has_field("ConnectedApplication", "Name")
        and org.has_field("ExternalClientApplication", "MasterLabel")
        and org.has_field("ExternalClientApplication", "DeveloperName")
    )
    for tokens in apps.values():
        identity = app_id(org, tokens[0])
        labels = {each["AppName"] for each in tokens}
        is_installed = identity is not None and id15(identity) in names
        is_named = _is_named(org, "approved_apps", identity, labels)
        reasons = [] if is_named or not org.said("approved_apps", "app") else ["not_approved"]
        if all_installed_are_known and not is_installed:
            if any(map(_is_own_client, tokens)):
                reasons += [] if is_named else ["salesforce_client"]
            elif org.all("ConnectedApplication"):
                reasons.append("not_installed")
        if reasons:
            name = (names.get(id15(identity)) if identity else None) or _most_frequent(tokens) or "unnamed"
            own = {
                "app_id": identity,
                "app_name": name,
                "reasons": reasons,
                "token_count": len(tokens),
                "user_count": len({id15(each["UserId"]) for each in tokens if each["UserId"]}),
                "last_used_at": max((each["LastUsedDate"] for each in tokens if each["LastUsedDate"]), default=None),
            }
            yield identity or name, None, own | ({"severity": "low"} if reasons == ["salesforce_client"] else {})
