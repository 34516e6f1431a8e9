"""What was planted in a demo org and what is found in it, brought into one form to be compared."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.finding_types import TYPES

COMMON_COLUMNS = ("finding_type", "subject_id", "subject_name", "user_id", "username", "severity", "annual_cost")
"""What the planted tables say of every finding; its type's own columns stand beside them."""
USER_COLUMNS = ("user_id", "username", "is_integration_user", "confidence", "reasons")

Findings = dict[tuple[str, str], dict[str, Any]]


def declared(row: Mapping[str, Any]) -> dict[str, Any]:
    """A planted finding with the severity and the cost that the rules give its type."""
    rule = TYPES[row["finding_type"]]
    return {
        **row,
        "severity": rule.raised if row["raised"] else rule.severity,
        "annual_cost": row["cost"] if rule.priced else None,
    }


def findings(rows: Iterable[tuple[Mapping[str, Any], Mapping[str, Any] | str]]) -> Findings:
    """Findings by type and subject: the common columns and the type's own, moments as YYYY-MM-DDTHH:MM:SSZ.

    Args:
        rows: Each finding's row, and the own columns of its type, maybe as JSON.
    """
    by_subject: Findings = {}
    for row, own in rows:
        key = row["finding_type"], row["subject_id"]
        assert key not in by_subject, key
        columns = {name: row[name] for name in COMMON_COLUMNS} | dict(json.loads(own) if isinstance(own, str) else own)
        by_subject[key] = {name: _value(each) for name, each in columns.items()}
    return by_subject


def users(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Who is an integration user, how surely and why, by user."""
    by_user: dict[str, dict[str, Any]] = {}
    for row in rows:
        assert row["user_id"] not in by_user, row
        by_user[row["user_id"]] = {name: row[name] for name in USER_COLUMNS}
    return by_user


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _value(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, str) and value.endswith("+00"):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
