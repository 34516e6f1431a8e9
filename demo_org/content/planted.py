"""What is planted, written down as it is planted: the schema `planted`, which the org's server never shows.

Expected values stand here by declaration, never by running the rules; the tests compare the audit's tables with them.
"""

import hashlib
from datetime import datetime

TABLES = """
create schema planted;
-- `raised`: whether its severity is one level above its type's; `cost`: what the license concerned costs a year
-- `own`: every own column of the finding type; moments as YYYY-MM-DDTHH:MM:SSZ, lists in ascending order
create table planted.finding (
    finding_type varchar not null, subject_id varchar not null, subject_name varchar, user_id varchar,
    username varchar, raised boolean not null, own json not null, cost decimal(18, 2),
    primary key (finding_type, subject_id)
);
-- everyone with a reason; `reasons` in the order of the rules' table
create table planted.integration_user (
    user_id varchar primary key, username varchar not null, is_integration_user boolean not null,
    confidence varchar, reasons varchar[] not null
);
create table planted.look_alike (finding_type varchar not null, subject_id varchar not null, why varchar not null);
"""


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
