"""Which finding types need what, by the rules: where it cannot be read, they are what goes unseen."""

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
