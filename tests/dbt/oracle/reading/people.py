"""Who is who: system users, integration users, their licences and their last activity."""

from datetime import UTC, datetime, time
from typing import Any

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading import logins
from tests.dbt.oracle.reading.org import Org, plain
from tests.dbt.oracle.reading.permissions import holds
from tests.dbt.oracle.reading.words import has_word, letters_and_digits, matches, seed

SYSTEM_KEYS = ("PID_DigitalAgent*", "PID_XOrg_Proxy_User", "CLOUD_INTEGRATION_USER", "INSIGHTS_INTEGRATION_USER")
SYSTEM_NAMES = {
    "analytics cloud integration user", "sales insights integration user", "salesforceiq integration user",
    "b2bma integration user", "cpq integration user", "cloud integration user", "premier support",
}  # fmt: skip
CONFIDENCE = {
    "policy_username": "declared", "policy_pattern": "declared",
    "integration_license": "certain", "api_only_permission": "certain", "integration_psl": "certain",
    "integration_profile": "certain", "name_and_behavior": "likely", "name_only": "possible",
    "behavior_only": "possible",
}  # fmt: skip


def profile_of(org: Org, user: Row) -> Row | None:
    """The user's profile, where it could be read."""
    return org.by_id("Profile", user["ProfileId"])


def license_of(org: Org, user: Row) -> Row | None:
    """The user's licence, where it and the profile that leads to it could be read."""
    profile = profile_of(org, user)
    return org.by_id("UserLicense", profile["UserLicenseId"]) if profile else None


def is_integration_license(license_: Row) -> bool:
    """Salesforce Integration, by key or by name."""
    return (
        license_["LicenseDefinitionKey"] == "SALESFORCE_INTEGRATION_USER"
        or license_["Name"] == "Salesforce Integration"
    )


def is_system_license(license_: Row) -> bool:
    """A license of Salesforce's own users, by its key or its name: nobody can make a user license."""
    key, name = license_["LicenseDefinitionKey"], license_["Name"]
    return any(key is not None and matches(key, each) for each in SYSTEM_KEYS) or (name or "").lower() in SYSTEM_NAMES


def is_system_user(org: Org, user: Row) -> bool:
    """Salesforce's own: never judged. A profile that could not be read is a gap, and none at all is such a user."""
    license_ = license_of(org, user)
    return (
        (user["ProfileId"] is None and org.has_field("User", "ProfileId"))
        or any(
            row["user_type"].lower() == (user["UserType"] or "").lower() and row["is_system"] == "true"
            for row in seed("user_types")
        )
        or (license_ is not None and is_system_license(license_))
    )


def last_activity(org: Org, user: Row) -> datetime | None:
    """The latest of LastLoginDate, the last successful login, and the last use of any token that let it in."""
    moments = [user["LastLoginDate"]]
    moments += [each["LoginTime"] for each in logins.successes(org, user)]
    tokens = org.of("OauthToken", "UserId", user["Id"])
    moments += [each["LastUsedDate"] for each in tokens if not last_attempt_failed(org, each)]
    return max((each for each in moments if each is not None), default=None)


def last_attempt_failed(org: Org, token: Row) -> bool:
    """Its user's logins to its app on the UTC day of its last use, where known, all failed; there was one."""
    used, app = token["LastUsedDate"], letters_and_digits(token["AppName"])
    if used is None or not app or not org.is_whole("LoginHistory"):
        return False
    day = used.astimezone(UTC).date()
    if org.logins_known_since > datetime.combine(day, time(), UTC):
        return False
    attempts = {
        login["Status"] == "Success"
        for login in org.of("LoginHistory", "UserId", token["UserId"])
        if login["LoginTime"].astimezone(UTC).date() == day
        and letters_and_digits(login["Application"]) == app
        and login["Status"] is not None
    }
    return attempts == {False}


def reasons(org: Org, user: Row) -> list[str]:
    """Every reason that holds for a user that is not a system user, in the order in which they decide."""
    found = _declared(org, user) + _certain(org, user) + _behavior(org, user)
    return [name for name, holds in found if holds]


def _declared(org: Org, user: Row) -> list[tuple[str, bool]]:
    name = user["Username"] or ""
    return [
        ("policy_exclude", any(matches(name, glob) for glob in org.said("username_excludes", "pattern"))),
        ("policy_username", plain(name) in map(plain, org.said("integration_usernames", "username"))),
        ("policy_pattern", any(matches(name, glob) for glob in org.said("username_patterns", "pattern"))),
    ]


def _certain(org: Org, user: Row) -> list[tuple[str, bool]]:
    license_, profile = license_of(org, user), profile_of(org, user)
    licences = [
        org.by_id("PermissionSetLicense", each["PermissionSetLicenseId"])
        for each in org.of("PermissionSetLicenseAssign", "AssigneeId", user["Id"])
        if each["IsRevoked"] is not True
    ]
    known = {row["profile_name"] for row in seed("api_only_profiles")}
    return [
        ("integration_license", license_ is not None and is_integration_license(license_)),
        ("api_only_permission", holds(org, user, "ApiUserOnly")),
        (
            "integration_psl",
            any(
                p and "SalesforceAPIIntegrationPsl" in {p["PermissionSetLicenseKey"], p["DeveloperName"]}
                for p in licences
            ),
        ),
        ("integration_profile", profile is not None and profile["Name"] in known),
    ]


def _behavior(org: Org, user: Row) -> list[tuple[str, bool]]:
    recent = list(logins.successes(org, user, org.ago(180)))
    machine = [each for each in recent if logins.kind(each) == "machine"]
    interactive = sum(logins.kind(each) == "interactive" for each in recent)
    approvals = sum(logins.kind(each) == "approval" for each in recent)
    tokens = [each for each in org.of("OauthToken", "UserId", user["Id"]) if not last_attempt_failed(org, each)]
    used = sum(each["UseCount"] or 0 for each in tokens if each["LastUsedDate"] and each["LastUsedDate"] > org.ago(90))
    activity = len(machine) + used

    local_part = (user["Username"] or "").split("@")[0]
    signal = has_word([local_part, user["Name"], user["Alias"]], org.said("name_words", "word"))
    behaves = activity > 0 and activity * 10 >= 9 * (activity + interactive)
    only_machine = (
        len(machine) >= 100
        and not interactive
        and not approvals
        and all(map(logins.is_headless, machine))
        and len({each["LoginTime"].date() for each in machine}) >= 14
    )
    likely = signal and behaves
    return [
        ("name_and_behavior", likely),
        ("name_only", signal and not likely),
        ("behavior_only", only_machine and not likely),
    ]


def judged(org: Org, user: Row) -> dict[str, Any] | None:
    """A user's row in `integration_users`, where there is a reason for one."""
    why = ["system_user"] if is_system_user(org, user) else reasons(org, user)
    if not why:
        return None
    confidence = CONFIDENCE.get(why[0])
    return {
        "user_id": user["Id"],
        "username": user["Username"],
        "is_integration_user": confidence in {"declared", "certain", "likely"},
        "confidence": confidence,
        "reasons": why,
    }


def is_integration_user(org: Org, user: Row) -> bool:
    """Declared, certain or likely; active or not."""
    row = judged(org, user)
    return row is not None and row["is_integration_user"]


def integration_users(org: Org) -> list[Row]:
    """The active integration users: those that findings are about."""
    return [each for each in org.all("User") if each["IsActive"] and is_integration_user(org, each)]
