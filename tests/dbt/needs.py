"""Which finding types need what, by the rules: where it cannot be read, they are what goes unseen."""

from typing import Any

ALL = {
    "integration_user_ui_session", "integration_user_interactive_login", "integration_user_not_api_only",
    "integration_user_password_login", "integration_user_excess_permissions", "temporary_access_never_removed",
    "shared_integration_credentials", "stale_oauth_token", "never_used_oauth_token", "orphaned_oauth_token",
    "unmanaged_app", "integration_user_on_interactive_license", "dormant_integration_user", "inactive_user",
    "psl_unused", "license_seats_unassigned",
}  # fmt: skip
OF_TOKENS = {"stale_oauth_token", "never_used_oauth_token", "orphaned_oauth_token", "unmanaged_app"}
SIGNALLED = ALL - OF_TOKENS - {"license_seats_unassigned"}
"""Types that know an integration user from a person: each lacks something where a signal does."""
OF_LOGINS = {
    "integration_user_interactive_login", "integration_user_password_login", "shared_integration_credentials",
}  # fmt: skip
OF_LICENSES = {"integration_user_not_api_only", "integration_user_on_interactive_license", "inactive_user"}
OF_ASSIGNMENTS = {
    "integration_user_not_api_only", "integration_user_excess_permissions", "temporary_access_never_removed",
}  # fmt: skip
HIDDEN, OWN_ROWS, SHORT, FAILED = (
    {"status": "hidden"}, {"status": "own_rows"}, {"status": "short"}, {"status": "failed"},
)  # fmt: skip


def without(*fields: str) -> dict[str, Any]:
    """How an object was read whose fields the org did not give."""
    return {"missing_fields": list(fields)}


Gap = tuple[str, dict[str, Any], set[str], set[str]]
"""An object, how it was read, the types not evaluated, and those partial; every other type is evaluated."""

GAPS: dict[str, Gap] = {
    "sessions hidden": ("AuthSession", HIDDEN, {"integration_user_ui_session"}, set()),
    "own sessions": ("AuthSession", OWN_ROWS, {"integration_user_ui_session"}, set()),
    "sessions short": ("AuthSession", SHORT, set(), {"integration_user_ui_session"}),
    "sessions without a type": ("AuthSession", without("SessionType"), {"integration_user_ui_session"}, set()),
    "logins hidden": ("LoginHistory", HIDDEN, OF_LOGINS, SIGNALLED - OF_LOGINS),
    "own logins": ("LoginHistory", OWN_ROWS, OF_LOGINS, SIGNALLED - OF_LOGINS),
    "logins short": ("LoginHistory", SHORT, set(), SIGNALLED),
    "logins without a sub-type": ("LoginHistory", without("LoginSubType"), set(), SIGNALLED),
    "logins without an address": (
        "LoginHistory", without("SourceIp"), set(), {"shared_integration_credentials"},
    ),
    "tokens hidden": (
        "OauthToken", HIDDEN, OF_TOKENS | {"dormant_integration_user"}, SIGNALLED - {"dormant_integration_user"},
    ),
    "own tokens": (
        "OauthToken", OWN_ROWS, OF_TOKENS | {"dormant_integration_user"}, SIGNALLED - {"dormant_integration_user"},
    ),
    "tokens short": (
        "OauthToken", SHORT, {"dormant_integration_user"}, OF_TOKENS | SIGNALLED - {"dormant_integration_user"},
    ),
    "tokens without their last use": (
        "OauthToken", without("LastUsedDate"),
        {"stale_oauth_token", "never_used_oauth_token", "dormant_integration_user"},
        SIGNALLED - {"dormant_integration_user"},
    ),
    "tokens without their creation": ("OauthToken", without("CreatedDate"), set(), {"never_used_oauth_token"}),
    "users without their last login": (
        "User", without("LastLoginDate"), {"inactive_user", "dormant_integration_user"}, {"psl_unused"},
    ),
    "users short": ("User", SHORT, set(), SIGNALLED | {"orphaned_oauth_token"}),
    "users without their type": ("User", without("UserType"), set(), SIGNALLED),
    "users without a manager": ("User", without("ManagerId", "Email"), set(), set()),
    "tokens without their user": (
        "OauthToken", without("UserId"), {"dormant_integration_user"},
        SIGNALLED - {"dormant_integration_user"} | {"orphaned_oauth_token"},
    ),
    "tokens without their menu item": (
        "OauthToken", without("AppMenuItemId"), set(), {"orphaned_oauth_token", "unmanaged_app"},
    ),
    "freeze states hidden": ("UserLogin", HIDDEN, set(), {"orphaned_oauth_token"}),
    "menu items hidden": ("AppMenuItem", HIDDEN, set(), {"orphaned_oauth_token", "unmanaged_app"}),
    "menu items without their app": (
        "AppMenuItem", without("ApplicationId"), set(), {"orphaned_oauth_token", "unmanaged_app"},
    ),
    "connected apps without a name": (
        "ConnectedApplication", without("Name"), set(), {"orphaned_oauth_token", "unmanaged_app"},
    ),
    "client apps without a developer name": (
        "ExternalClientApplication", without("DeveloperName"), set(), {"orphaned_oauth_token", "unmanaged_app"},
    ),
    "client apps without a label": (
        "ExternalClientApplication", without("MasterLabel"), set(), {"orphaned_oauth_token", "unmanaged_app"},
    ),
    "connected apps hidden": ("ConnectedApplication", HIDDEN, set(), {"orphaned_oauth_token", "unmanaged_app"}),
    "client apps failed": ("ExternalClientApplication", FAILED, set(), {"orphaned_oauth_token", "unmanaged_app"}),
    "sets hidden": ("PermissionSet", HIDDEN, OF_ASSIGNMENTS, SIGNALLED - OF_ASSIGNMENTS),
    "sets without API Only User": (
        "PermissionSet", without("PermissionsApiUserOnly"), {"integration_user_not_api_only"},
        SIGNALLED - {"integration_user_not_api_only"},
    ),
    "assignments short": (
        "PermissionSetAssignment", SHORT, {"integration_user_not_api_only"},
        SIGNALLED - {"integration_user_not_api_only"},
    ),
    "assignments without their end": (
        "PermissionSetAssignment", without("ExpirationDate"), {"temporary_access_never_removed"},
        {"integration_user_excess_permissions"},
    ),
    "assignments that do not tell of revocation": ("PermissionSetAssignment", without("IsRevoked"), set(), set()),
    "set licence assignments that do not tell of revocation": (
        "PermissionSetLicenseAssign", without("IsRevoked"), set(), set(),
    ),
    "connected apps without an option": (
        "ConnectedApplication", without("OptionsAllowAdminApprovedUsersOnly"), set(), set(),
    ),
    "sets without their licence": ("PermissionSet", without("LicenseId"), set(), {"psl_unused"}),
    "members of groups hidden": ("PermissionSetGroupComponent", HIDDEN, set(), {"psl_unused"}),
    "groups hidden": ("PermissionSetGroup", HIDDEN, set(), set()),
    "set licences hidden": (
        "PermissionSetLicense", HIDDEN, {"psl_unused"}, SIGNALLED - {"psl_unused"} | {"license_seats_unassigned"},
    ),
    "set licence assignments hidden": (
        "PermissionSetLicenseAssign", HIDDEN, {"psl_unused"}, SIGNALLED - {"psl_unused"},
    ),
    "licences hidden": (
        "UserLicense", HIDDEN, OF_LICENSES | {"license_seats_unassigned"}, SIGNALLED - OF_LICENSES,
    ),
    "licences without a key": (
        "UserLicense", without("LicenseDefinitionKey"), {"integration_user_on_interactive_license"},
        {"license_seats_unassigned"},
    ),
    "set licences without a key": (
        "PermissionSetLicense", without("PermissionSetLicenseKey"), set(), {"license_seats_unassigned"},
    ),
    "set licences without a developer name": (
        "PermissionSetLicense", without("DeveloperName"), set(), {"license_seats_unassigned"},
    ),
    "profiles without their licence": ("Profile", without("UserLicenseId"), OF_LICENSES, SIGNALLED - OF_LICENSES),
    "profiles hidden": ("Profile", HIDDEN, OF_LICENSES, SIGNALLED - OF_LICENSES),
}  # fmt: skip
