"""Which finding types need what, by the rules: where it cannot be read, they are what goes unseen."""

from typing import Any

from tests.finding_types import TYPES

HIDDEN, OWN_ROWS, SHORT, FAILED = (
    {"status": "hidden"}, {"status": "own_rows"}, {"status": "short"}, {"status": "failed"},
)  # fmt: skip


def without(*fields: str) -> dict[str, Any]:
    """How an object was read whose fields the org did not give."""
    return {"missing_fields": list(fields)}


OF_SIGNALS = {
    "logins hidden": ("LoginHistory", HIDDEN),
    "own logins": ("LoginHistory", OWN_ROWS),
    "logins short": ("LoginHistory", SHORT),
    "logins without a sub-type": ("LoginHistory", without("LoginSubType")),
    "tokens hidden": ("OauthToken", HIDDEN),
    "own tokens": ("OauthToken", OWN_ROWS),
    "tokens short": ("OauthToken", SHORT),
    "tokens without their last use": ("OauthToken", without("LastUsedDate")),
    "users short": ("User", SHORT),
    "users without their type": ("User", without("UserType")),
    "tokens without their user": ("OauthToken", without("UserId")),
    "sets hidden": ("PermissionSet", HIDDEN),
    "sets without API Only User": ("PermissionSet", without("PermissionsApiUserOnly")),
    "assignments short": ("PermissionSetAssignment", SHORT),
    "set licenses hidden": ("PermissionSetLicense", HIDDEN),
    "set license assignments hidden": ("PermissionSetLicenseAssign", HIDDEN),
    "licenses hidden": ("UserLicense", HIDDEN),
    "profiles without their license": ("Profile", without("UserLicenseId")),
    "profiles hidden": ("Profile", HIDDEN),
}  # fmt: skip
"""Gaps in what tells an integration user from a person: the object, and how it was read."""
OTHERS = {
    "sessions hidden": ("AuthSession", HIDDEN),
    "own sessions": ("AuthSession", OWN_ROWS),
    "sessions short": ("AuthSession", SHORT),
    "sessions without a type": ("AuthSession", without("SessionType")),
    "logins without an address": ("LoginHistory", without("SourceIp")),
    "tokens without their creation": ("OauthToken", without("CreatedDate")),
    "users without their last login": ("User", without("LastLoginDate")),
    "users without a manager": ("User", without("ManagerId", "Email")),
    "tokens without their menu item": ("OauthToken", without("AppMenuItemId")),
    "freeze states hidden": ("UserLogin", HIDDEN),
    "menu items hidden": ("AppMenuItem", HIDDEN),
    "menu items without their app": ("AppMenuItem", without("ApplicationId")),
    "connected apps without a name": ("ConnectedApplication", without("Name")),
    "client apps without a developer name": ("ExternalClientApplication", without("DeveloperName")),
    "client apps without a label": ("ExternalClientApplication", without("MasterLabel")),
    "connected apps hidden": ("ConnectedApplication", HIDDEN),
    "client apps failed": ("ExternalClientApplication", FAILED),
    "assignments without their end": ("PermissionSetAssignment", without("ExpirationDate")),
    "assignments that do not tell of revocation": ("PermissionSetAssignment", without("IsRevoked")),
    "set license assignments that do not tell of revocation": ("PermissionSetLicenseAssign", without("IsRevoked")),
    "connected apps without an option": ("ConnectedApplication", without("OptionsAllowAdminApprovedUsersOnly")),
    "sets without their license": ("PermissionSet", without("LicenseId")),
    "members of groups hidden": ("PermissionSetGroupComponent", HIDDEN),
    "groups hidden": ("PermissionSetGroup", HIDDEN),
    "licenses without a key": ("UserLicense", without("LicenseDefinitionKey")),
    "set licenses without a key": ("PermissionSetLicense", without("PermissionSetLicenseKey")),
    "set licenses without a developer name": ("PermissionSetLicense", without("DeveloperName")),
}  # fmt: skip

ALL = set(TYPES)
SIGNALLED = {name for name, each in TYPES.items() if each.signals}
"""Types that know an integration user from a person: each lacks something where a signal does."""
Gap = tuple[str, dict[str, Any], set[str], set[str]]
"""An object, how it was read, the types not evaluated, and those partial; every other type is evaluated."""


def _gap(name: str, sobject: str, how: dict[str, Any]) -> Gap:
    not_evaluated = {each for each in ALL if name in TYPES[each].not_evaluated}
    partial = {each for each in ALL if name in TYPES[each].partial}
    return sobject, how, not_evaluated, (partial | (SIGNALLED if name in OF_SIGNALS else set())) - not_evaluated


GAPS: dict[str, Gap] = {name: _gap(name, *gap) for name, gap in (OF_SIGNALS | OTHERS).items()}
OF_LOGINS, OF_LICENSES, OF_ASSIGNMENTS = (GAPS[name][2] for name in ("logins hidden", "profiles hidden", "sets hidden"))
OF_TOKENS = GAPS["tokens hidden"][2] - SIGNALLED
