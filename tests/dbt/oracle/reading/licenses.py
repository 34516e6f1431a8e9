"""What licences cost and whether they are used."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.dbt.oracle.odd_org import Row
from tests.dbt.oracle.reading import people
from tests.dbt.oracle.reading.coverage import statuses
from tests.dbt.oracle.reading.org import Org, id15
from tests.dbt.oracle.reading.permissions import assignments_in_force, granted, group_id
from tests.dbt.oracle.reading.words import matches, seed

Found = tuple[str, Row | None, dict[str, Any]]


def price(org: Org, license_: Row | None) -> Decimal | None:
    """A seat's price a year: the policy's, else the newest list price; none in a sandbox, and none paid by logins.

    The licence is found by its key, else by its DeveloperName.
    """
    organization = org.all("Organization")[0]
    if license_ is None or organization["IsSandbox"] or is_login_based(license_):
        return None
    kind = "permission_set_license" if "PermissionSetLicenseKey" in license_ else "user_license"
    names = [name for name in names_of(license_) if name]
    for name in names:
        for row in org.policy.get("prices", []):
            if (row["license_kind"], row["license_key"]) == (kind, name):
                return Decimal(row["annual_price"])
    for name in names:
        known = [
            row
            for row in seed("list_prices")
            if (row["license_kind"], row["license_key"], row["currency"]) == (kind, name, "USD")
            and row["organization_type"] in {"", organization["OrganizationType"]}
            and row["valid_from"] <= org.now.date().isoformat()
        ]
        if known:
            return Decimal(max(known, key=lambda row: row["valid_from"])["annual_price"])
    return None


def names_of(license_: Row) -> list[str | None]:
    """What the policy may call a licence: its key, else its DeveloperName, which a user licence has not."""
    if "PermissionSetLicenseKey" in license_:
        return [license_["PermissionSetLicenseKey"], license_["DeveloperName"]]
    return [license_["LicenseDefinitionKey"]]


def is_login_based(license_: Row) -> bool:
    """Paid by the logins of a month: it says how many there are, or its key or name says so."""
    if license_.get("MonthlyLoginsEntitlement") is not None:
        return True
    key = key_of(license_) if "PermissionSetLicenseKey" in license_ else license_["LicenseDefinitionKey"]
    name = psl_name(license_) if "PermissionSetLicenseKey" in license_ else name_of(license_)
    return (key or "").lower().endswith("_login") or (name or "").lower().endswith(" login")


def user_license_price(org: Org, user: Row) -> Decimal | None:
    """What the user's licence costs a year."""
    return price(org, people.license_of(org, user))


def name_of(license_: Row) -> str | None:
    """What people call a user licence."""
    return license_["Name"] or license_["MasterLabel"] or license_["LicenseDefinitionKey"]


def psl_name(psl: Row) -> str | None:
    """What people call a permission set licence."""
    return psl["MasterLabel"] or psl["DeveloperName"] or psl["PermissionSetLicenseKey"]


def key_of(psl: Row) -> str | None:
    """What names a permission set licence in prices and exceptions."""
    return psl["PermissionSetLicenseKey"] or psl["DeveloperName"]


def category(license_: Row) -> dict[str, str]:
    """What a license is for: by its name, or, where no name fits, its key."""
    rows = seed("license_categories")
    key, name = license_["LicenseDefinitionKey"] or "", (name_of(license_) or "").lower()
    by_name = [row for row in rows if row["license_name"] and row["license_name"].lower() == name]
    by_key = [row for row in rows if row["license_key"] and matches(key, row["license_key"])]
    return next(iter(by_name or by_key), {"category": "", "is_free": "false"})


def free_integration_seats(org: Org) -> int:
    """Seats of the integration licences in force that nobody holds."""
    seats = [
        each["TotalLicenses"] - each["UsedLicenses"]
        for each in org.all("UserLicense")
        if people.is_integration_license(each)
        and each["Status"] == "Active"
        and None not in (each["TotalLicenses"], each["UsedLicenses"])
    ]
    return sum(max(each, 0) for each in seats)


def on_interactive_license(org: Org) -> Iterator[Found]:
    """An integration user on a person's licence."""
    for user in people.integration_users(org):
        license_ = people.license_of(org, user)
        if license_ and category(license_)["category"] in {"full", "platform"}:
            own = {
                "license_name": name_of(license_),
                "license_key": license_["LicenseDefinitionKey"],
                "free_integration_seats": free_integration_seats(org),
            }
            yield user["Id"], user, own | {"annual_cost": user_license_price(org, user)}


def dormant(org: Org) -> Iterator[Found]:
    """An integration user without activity, and created for as long."""
    limit = org.limit("dormant_integration_days")
    for user in people.integration_users(org):
        seen, license_ = people.last_activity(org, user), people.license_of(org, user)
        if user["CreatedDate"] and user["CreatedDate"] <= limit and (seen is None or seen <= limit):
            own = {"last_activity_at": seen, "days_inactive": (org.now - seen).days if seen else None}
            name = name_of(license_) if license_ else None
            cost = user_license_price(org, user)
            yield user["Id"], user, own | {"never_used": seen is None, "license_name": name, "annual_cost": cost}


def is_frozen(org: Org, user: Row) -> bool | None:
    """The user cannot log in; null where that could not be read."""
    flags = [each["IsFrozen"] for each in org.of("UserLogin", "UserId", user["Id"])]
    return any(flags) if org.is_whole("UserLogin") or flags else None


def inactive(org: Org) -> Iterator[Found]:
    """A person on a licence that costs money, without activity."""
    for user in org.all("User"):
        license_ = people.license_of(org, user)
        judged = user["IsActive"] and not people.is_system_user(org, user) and not people.is_integration_user(org, user)
        if not judged or license_ is None or category(license_)["is_free"] == "true":
            continue
        seen, created = people.last_activity(org, user), user["CreatedDate"]
        never = seen is None and created is not None and created <= org.limit("never_logged_in_days")
        if never or (seen is not None and seen <= org.limit("inactive_user_days")):
            own = {
                "last_activity_at": seen,
                "days_inactive": (org.now - seen).days if seen else None,
                "never_logged_in": seen is None,
                "is_frozen": is_frozen(org, user),
                "license_name": name_of(license_),
                "annual_cost": user_license_price(org, user),
            }
            yield user["Id"], user, own


def is_needed(org: Org, user: Row, psl: Row) -> bool:
    """Something in force needs the licence, or it works without; nobody can say that where the profile is not known."""
    profile = people.profile_of(org, user)
    name = profile["Name"] if profile else None
    for row in seed("psl_exceptions"):
        if row["psl_key"] in names_of(psl) and (name is None or row["profile_name"] in {"", name}):
            return True
    offered = {
        name.removeprefix("MaximumPermissions")
        for name in psl
        if name.startswith("MaximumPermissions") and psl[name] is True
    }
    for assignment, given in assignments_in_force(org, user):
        members = [
            org.by_id("PermissionSet", each["PermissionSetId"])
            for each in org.of("PermissionSetGroupComponent", "PermissionSetGroupId", group_id(assignment, given))
        ]
        if any(each and id15(each["LicenseId"]) == id15(psl["Id"]) for each in [given, *members]):
            return True
        if given["LicenseId"] is None and granted(given) & offered:
            return True
    return False


def psl_unused(org: Org) -> Iterator[Found]:
    """A permission set licence whose user is gone or idle, or that nothing needs."""
    sources = "PermissionSet", "PermissionSetAssignment", "PermissionSetGroupComponent"
    is_known = org.is_whole(*sources) and org.has_field("PermissionSet", "LicenseId")
    status = statuses(org)
    idle: set[str] = set()
    for name, find in (("inactive_user", inactive), ("dormant_integration_user", dormant)):
        if status[name] != "not_evaluated":
            idle |= {subject for subject, _, _ in find(org)}
    for each in org.all("PermissionSetLicenseAssign"):
        user = org.by_id("User", each["AssigneeId"])
        psl = org.by_id("PermissionSetLicense", each["PermissionSetLicenseId"])
        if each["IsRevoked"] is True or user is None or psl is None or people.is_system_user(org, user):
            continue
        why = [
            ("not_needed", is_known and not is_needed(org, user, psl)),
            ("user_dormant", is_known and user["Id"] in idle),
            ("user_inactive", user["IsActive"] is False),
        ]
        reasons = [name for name, holds in why if holds]
        if reasons:
            own = {"psl_name": psl_name(psl), "psl_key": key_of(psl), "reasons": reasons}
            cost = price(org, psl)
            yield each["Id"], user, own | {"annual_cost": cost}


def seats_unassigned(org: Org) -> Iterator[Found]:
    """Seats that are paid for and that nobody holds."""
    kinds = [("user_license", each, each["LicenseDefinitionKey"], name_of(each)) for each in org.all("UserLicense")]
    kinds += [
        ("permission_set_license", each, key_of(each), psl_name(each))
        for each in org.all("PermissionSetLicense")
        if each["ExpirationDate"] is None or each["ExpirationDate"] >= org.now.date()
    ]
    for kind, each, key, name in kinds:
        cost, total, used = price(org, each), each["TotalLicenses"], each["UsedLicenses"]
        if each["Status"] == "Active" and cost and total is not None and used is not None:
            left = total - used
            if left >= org.thresholds["unassigned_seats_min"]:
                seats = {"total_seats": total, "used_seats": used, "unassigned_seats": left}
                names = {"license_name": name, "license_key": key, "license_kind": kind}
                yield each["Id"], None, names | seats | {"annual_cost": left * cost}
