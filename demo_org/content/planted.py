"""What is planted, written down as it is planted: the schema `planted`, which the org's server never shows.

Expected values stand here by declaration, never by running the rules; the tests compare the audit's tables with them.
"""

import hashlib
from datetime import datetime

TABLES = """
create schema planted;
-- `own`: every own column of the finding type; moments as YYYY-MM-DDTHH:MM:SSZ, lists in ascending order
create table planted.finding (
    finding_type varchar not null, subject_id varchar not null, subject_name varchar, user_id varchar,
    username varchar, severity varchar not null, own json not null, annual_cost decimal(18, 2),
    primary key (finding_type, subject_id)
);
-- everyone with a reason; `reasons` in the order of the rules' table
create table planted.integration_user (
    user_id varchar primary key, username varchar not null, is_integration_user boolean not null,
    confidence varchar, reasons varchar[] not null
);
create table planted.look_alike (finding_type varchar not null, subject_id varchar not null, why varchar not null);
"""

SEVERITIES = ("low", "medium", "high", "critical")

BASE_SEVERITY = {
    "integration_user_ui_session": "high",
    "integration_user_interactive_login": "high",
    "integration_user_not_api_only": "medium",
    "integration_user_password_login": "medium",
    "integration_user_excess_permissions": "high",
    "temporary_access_never_removed": "medium",
    "shared_integration_credentials": "high",
    "stale_oauth_token": "medium",
    "never_used_oauth_token": "medium",
    "orphaned_oauth_token": "high",
    "unmanaged_app": "medium",
    "integration_user_on_interactive_license": "medium",
    "dormant_integration_user": "medium",
    "inactive_user": "low",
    "psl_unused": "low",
    "license_seats_unassigned": "low",
}
"""Every finding type with its base severity."""


def moment(when: datetime) -> str:
    """Writes a moment as the planted tables and token keys have it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def token_key(user_id: str, app_name: str | None, created: datetime | None, position: int) -> str:
    """Returns the key of an OAuth token that has no Id of its own.

    Args:
        user_id: The user's id, 18 characters.
        app_name: The app's label; nothing stands for a missing one.
        created: When it was granted; nothing stands for a missing moment.
        position: 1 for the token used least recently among those of the same user, app and moment.

    Returns:
        SHA-256 in hexadecimal of the four, joined by `|`.
    """
    text = "|".join((user_id, app_name or "", moment(created) if created else "", str(position)))
    return hashlib.sha256(text.encode()).hexdigest()


KEY_IN_SQL = """sha256(concat_ws('|', "UserId", "AppName", strftime("CreatedDate", '%Y-%m-%dT%H:%M:%SZ'), '1'))"""
"""The same in SQL, for a token without equals."""
