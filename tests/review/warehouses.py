"""Warehouses with hand-made rows, as dbt leaves them, for the tests of what is made from them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import Any

import duckdb

from spendready_pipeline.storage.warehouse import open_warehouse

SNAPSHOT_AT = datetime(2026, 11, 23, 6, 0, 12, tzinfo=UTC)
A_WEEK = timedelta(days=7)

TYPES = (
    {
        "finding_type": "integration_user_interactive_login",
        "title": "Interactive logins as integration users",
        "severity": "high",
        "controls": ["SOC2 CC6.1", "NIST AC-2(12)"],
        "who_acts": "security",
        "thresholds": ["login_window_days"],
        "risk": "A person who works under a machine's name leaves no trace of their own and passes by MFA.",
        "remediation": "Review why the login was needed; let the integration call through a Named Credential.",
    },
    {
        "finding_type": "integration_user_ui_session",
        "title": "Browser sessions of integration users",
        "severity": "high",
        "controls": ["SOC2 CC6.1", "SOC2 CC7.2", "NIST AC-2(12)"],
        "who_acts": "security",
        "thresholds": [],
        "risk": "Somebody works in the org under a machine's name right now.",
        "remediation": "Revoke the session, restrict the account to an API-only profile, and document why.",
        "evidence": ["source_ips"],
    },
    {
        "finding_type": "never_used_oauth_token",
        "title": "Unused OAuth tokens",
        "severity": "medium",
        "controls": ["SOC2 CC6.1", "SOC2 CC6.2"],
        "who_acts": "security",
        "thresholds": ["never_used_token_days"],
        "risk": "A token that was granted and never used is a key in the lock.",
        "remediation": "Revoke the token in Connected Apps OAuth Usage.",
    },
    {
        "finding_type": "stale_oauth_token",
        "title": "Stale OAuth tokens",
        "severity": "medium",
        "controls": ["SOC2 CC6.1", "SOC2 CC6.3", "NIST IA-5"],
        "who_acts": "security",
        "thresholds": ["stale_token_days"],
        "risk": "A token that nobody watches opens the org to whoever gets hold of it.",
        "remediation": "Revoke the token in Connected Apps OAuth Usage.",
    },
    {
        "finding_type": "integration_user_not_api_only",
        "title": "Integration users that can log in with a browser",
        "severity": "medium",
        "controls": ["SOC2 CC6.3"],
        "who_acts": "it",
        "thresholds": [],
        "risk": "Nothing stops a browser login with the integration's password.",
        "remediation": "Restrict the account to an API-only profile.",
    },
    {
        "finding_type": "inactive_user",
        "title": "Inactive users with a paid license",
        "severity": "low",
        "controls": ["SOC2 CC6.2", "NIST AC-2(3)"],
        "who_acts": "revops",
        "thresholds": ["inactive_user_days", "never_logged_in_days"],
        "risk": "An account that nobody uses is not watched by its owner, and its licence is paid for nothing.",
        "remediation": "Ask the user's manager, then deactivate the user: that frees the licence.",
    },
)

CONTROLS = (
    ("SOC2 CC6.1", "SOC 2", "Access to systems and data is limited by technical means."),
    ("SOC2 CC6.2", "SOC 2", "Accounts are given after approval and taken away when they are no longer needed."),
    ("SOC2 CC6.3", "SOC 2", "Rights follow roles and the least that is needed."),
    ("SOC2 CC7.2", "SOC 2", "Systems are watched for behaviour that is out of the ordinary."),
    ("NIST AC-2(3)", "NIST 800-53 r5", "Accounts that are expired, unowned or unused are disabled."),
    ("NIST AC-2(12)", "NIST 800-53 r5", "Accounts are watched for use that is not typical of them."),
    ("NIST IA-5", "NIST 800-53 r5", "Credentials are issued, protected, changed and revoked."),
)

FINDING_COLUMNS = {
    "finding_id": "VARCHAR", "org": "VARCHAR", "finding_type": "VARCHAR", "severity": "VARCHAR", "status": "VARCHAR",
    "subject_type": "VARCHAR", "subject_id": "VARCHAR", "subject_name": "VARCHAR", "user_id": "VARCHAR",
    "username": "VARCHAR", "summary": "VARCHAR", "detail": "VARCHAR", "evidence": "JSON",
    "remediation": "VARCHAR", "own_steps": "VARCHAR",
    "controls": "VARCHAR[]", "who_acts": "VARCHAR", "annual_cost": "DECIMAL(18,2)", "currency": "VARCHAR",
    "first_seen": "TIMESTAMPTZ", "last_seen": "TIMESTAMPTZ", "reopened_at": "TIMESTAMPTZ",
    "resolved_at": "TIMESTAMPTZ", "waived_until": "TIMESTAMPTZ", "snapshot_at": "TIMESTAMPTZ",
}  # fmt: skip
HISTORY_COLUMNS = {
    "snapshot_date": "DATE",
    **{name: kind for name, kind in FINDING_COLUMNS.items() if name not in ("controls", "who_acts")},
}
TABLES = {
    "marts.findings": FINDING_COLUMNS,
    "marts.finding_history": HISTORY_COLUMNS,
    "marts.finding_types": {
        "finding_type": "VARCHAR", "title": "VARCHAR", "description": "VARCHAR", "severity": "VARCHAR",
        "controls": "VARCHAR[]", "who_acts": "VARCHAR", "requires": "VARCHAR[]", "thresholds": "VARCHAR[]",
        "risk": "VARCHAR", "remediation": "VARCHAR", "evidence": "VARCHAR[]",
    },
    "marts.coverage": {
        "finding_type": "VARCHAR", "status": "VARCHAR", "reason": "VARCHAR", "remediation": "VARCHAR",
        "previous_status": "VARCHAR", "snapshot_at": "TIMESTAMPTZ",
    },
    "marts.integration_users": {
        "user_id": "VARCHAR", "username": "VARCHAR", "name": "VARCHAR", "is_active": "BOOLEAN",
        "is_integration_user": "BOOLEAN", "confidence": "VARCHAR", "reasons": "VARCHAR[]", "profile_name": "VARCHAR",
        "license_name": "VARCHAR", "last_activity_at": "TIMESTAMPTZ",
    },
    "marts.license_usage": {
        "license_kind": "VARCHAR", "license_key": "VARCHAR", "license_name": "VARCHAR", "license_id": "VARCHAR",
        "category": "VARCHAR", "status": "VARCHAR", "expires_on": "DATE", "total_seats": "BIGINT",
        "used_seats": "BIGINT", "unassigned_seats": "BIGINT", "unit_price": "DECIMAL(18,2)",
        "price_source": "VARCHAR", "currency": "VARCHAR", "unassigned_annual_cost": "DECIMAL(18,2)",
        "snapshot_at": "TIMESTAMPTZ",
    },
    "marts.accounts": {
        "user_id": "VARCHAR", "username": "VARCHAR", "name": "VARCHAR", "email": "VARCHAR", "kind": "VARCHAR",
        "is_active": "BOOLEAN", "is_frozen": "BOOLEAN", "profile_name": "VARCHAR", "license_name": "VARCHAR",
        "created_at": "TIMESTAMPTZ", "last_activity_at": "TIMESTAMPTZ",
    },
    "marts.snapshots": {
        "snapshot_date": "DATE", "snapshot_at": "TIMESTAMPTZ", "org": "VARCHAR", "run_id": "VARCHAR",
        "clock_source": "VARCHAR", "clock_skew_seconds": "DOUBLE", "instance_url": "VARCHAR",
        "api_version": "VARCHAR", "reader_username": "VARCHAR", "evidence_folder": "VARCHAR",
        "manifest_sha256": "VARCHAR", "api_calls": "BIGINT", "seconds": "DOUBLE", "rows_by_object": "JSON",
        "status_by_object": "JSON",
    },
    "staging.stg_salesforce__snapshots": {"org": "VARCHAR", "snapshot_at": "TIMESTAMPTZ"},
    "marts.audit_run": {
        "org": "VARCHAR", "org_name": "VARCHAR", "org_id": "VARCHAR", "edition": "VARCHAR", "is_sandbox": "BOOLEAN",
        "instance_url": "VARCHAR", "snapshot_at": "TIMESTAMPTZ", "previous_at": "TIMESTAMPTZ",
        "clock_source": "VARCHAR", "clock_skew_seconds": "DOUBLE", "reader_username": "VARCHAR",
        "api_version": "VARCHAR", "api_calls": "BIGINT", "seconds": "DOUBLE", "run_id": "VARCHAR",
        "evidence_folder": "VARCHAR", "manifest_sha256": "VARCHAR", "thresholds": "JSON",
    },
    "marts.object_coverage": {
        "object": "VARCHAR", "status": "VARCHAR", "rows_read": "BIGINT", "count_before": "BIGINT",
        "count_after": "BIGINT", "reason": "VARCHAR", "remediation": "VARCHAR", "missing_fields": "VARCHAR[]",
        "known_since": "TIMESTAMPTZ", "api_calls": "BIGINT", "seconds": "DOUBLE", "snapshot_at": "TIMESTAMPTZ",
    },
    "marts.data_quality": {
        "object": "VARCHAR", "check_name": "VARCHAR", "severity": "VARCHAR", "passed": "BOOLEAN",
        "detail": "VARCHAR", "snapshot_at": "TIMESTAMPTZ",
    },
    "marts.policy_exemptions": {
        "kind": "VARCHAR", "what": "VARCHAR", "subject": "VARCHAR", "reason": "VARCHAR", "owner": "VARCHAR",
        "expires": "DATE", "covers": "BIGINT", "expired": "BOOLEAN", "snapshot_at": "TIMESTAMPTZ",
    },
    "marts.policy_warnings": {
        "kind": "VARCHAR", "subject": "VARCHAR", "warning": "VARCHAR", "controls": "VARCHAR[]",
        "snapshot_at": "TIMESTAMPTZ",
    },
    "reference.controls": {"control_id": "VARCHAR", "framework": "VARCHAR", "wording": "VARCHAR"},
}  # fmt: skip

Row = Mapping[str, Any]


def finding(finding_type: str, number: int, **changes: Any) -> dict[str, Any]:
    """A finding of a user, or of a token of an app for the token types; `number` makes it its own."""
    kind = next(each for each in TYPES if each["finding_type"] == finding_type)
    username = changes.get("username", f"svc.integration{number}@acme.example")
    row = {
        "finding_id": f"{finding_type[:12]}-{number:05d}",
        "org": "acme",
        "finding_type": finding_type,
        "severity": kind["severity"],
        "status": "open",
        "subject_type": "user",
        "subject_id": f"005000000000{number:06d}",
        "subject_name": f"Integration {number}",
        "user_id": f"005000000000{number:06d}",
        "username": username,
        "summary": f"{username} is a finding of {finding_type}",
        "detail": f"Is a finding of {finding_type}",
        "evidence": {},
        "remediation": f"{kind['remediation']} Correct it in Setup > Users.",
        "own_steps": "Correct it in Setup > Users.",
        "controls": kind["controls"],
        "who_acts": kind["who_acts"],
        "first_seen": SNAPSHOT_AT - 2 * A_WEEK,
        "last_seen": SNAPSHOT_AT,
        "snapshot_at": SNAPSHOT_AT,
    }
    if finding_type.endswith("_oauth_token"):
        app = changes.pop("app_name", "Data Loader")
        row |= {
            "subject_type": "oauth_token",
            "subject_id": f"0CR{number:012d}",
            "subject_name": app,
            "evidence": {"app_name": app, "app_id": None, "use_count": number, "days_unused": 91 + number},
            "summary": f"Token of {app} for {username}: last used {91 + number} days ago",
            "detail": f"Last used {91 + number} days ago",
            "remediation": kind["remediation"],
            "own_steps": None,
        }
    return row | changes


def build(
    path: Path,
    findings: Iterable[Row] = (),
    coverage: Mapping[str, tuple[str, str | None, str | None]] | None = None,
    earlier: Iterable[tuple[date, Row]] = (),
    snapshots: int = 1,
    snapshot: Row | None = None,
    coverage_before: Mapping[str, str] | None = None,
    finding_types: Iterable[Row] = TYPES,
    **tables: Iterable[Row],
) -> Path:
    """Writes a warehouse.

    Args:
        path: Of the DuckDB file.
        findings: Rows of `marts.findings`.
        finding_types: Rows of `marts.finding_types`.
        coverage: Finding type to status, reason and remediation; a type that is left out is evaluated.
        coverage_before: Finding type to its status in the snapshot before; a type that is left out is new.
        earlier: Rows of the history before this snapshot, each with its date.
        snapshots: How many weekly snapshots there are, this one included.
        snapshot: Changes to the row of `marts.audit_run`, and to what `marts.snapshots` has of it.
        tables: Rows of other tables, by the table's name without its schema.
    """
    findings, finding_types = list(findings), list(finding_types)
    now = {
        "org": "acme", "org_name": "Acme GmbH & Co. KG", "org_id": "00D000000000001EAA",
        "edition": "Enterprise Edition", "is_sandbox": False, "snapshot_at": SNAPSHOT_AT,
        "previous_at": SNAPSHOT_AT - A_WEEK if snapshots > 1 else None, "clock_source": "org",
        "clock_skew_seconds": 0.4, "instance_url": "https://acme.my.salesforce.com", "api_version": "66.0",
        "reader_username": "spendready@acme.example",
        "evidence_folder": "20261123T060012Z", "run_id": "4a1b7c52-0d5e-4a53-9c43-5b7f6f2f1c11", "api_calls": 143,
        "manifest_sha256": "9f2c" * 16,
        "thresholds": {"stale_token_days": 90, "inactive_user_days": 90, "login_window_days": 30},
    } | dict(snapshot or {})  # fmt: skip
    moment = now["snapshot_at"]
    covered = {each["finding_type"]: ("evaluated", None, None) for each in finding_types} | dict(coverage or {})
    rows = {
        "marts.findings": findings,
        "marts.finding_history": [
            *({**row, "snapshot_date": day} for day, row in earlier),
            *({**row, "snapshot_date": SNAPSHOT_AT.date()} for row in findings),
        ],
        "marts.finding_types": [
            {"description": f"{each['title']}, measured.", "requires": ["User"], **each} for each in finding_types
        ],
        "marts.coverage": [
            {"finding_type": name, "status": status, "reason": reason, "remediation": grant}
            | {"previous_status": (coverage_before or {}).get(name), "snapshot_at": moment}
            for name, (status, reason, grant) in covered.items()
        ],
        "marts.snapshots": [
            {**now, "snapshot_at": moment - n * A_WEEK, "snapshot_date": (moment - n * A_WEEK).date()}
            for n in range(snapshots)
        ],
        "staging.stg_salesforce__snapshots": [now],
        "marts.audit_run": [now],
        "marts.object_coverage": [
            {"object": name, "status": "read", "rows_read": count, "count_before": count, "count_after": count}
            for name, count in (("User", 214), ("OauthToken", 388), ("LoginHistory", 12_846), ("AuthSession", 31))
        ],
        "reference.controls": [
            {"control_id": control, "framework": framework, "wording": wording}
            for control, framework, wording in CONTROLS
        ],
    }  # fmt: skip
    by_name = {table.split(".")[1]: table for table in TABLES}
    rows |= {by_name[name]: list(given) for name, given in tables.items()}
    with open_warehouse(path, folders=[Path(gettempdir())]) as connection:
        for schema in ("staging", "reference", "marts", "findings"):
            connection.execute(f"create schema {schema}")
        for table, columns in TABLES.items():
            write(connection, table, columns, rows.get(table, ()))
        own = {name: kind for name, kind in FINDING_COLUMNS.items() if name not in _COMMON_TO_MARTS}
        for each in finding_types:
            name = each["finding_type"]
            write(
                connection,
                f"findings.finding_{name}",
                own,
                [row for row in findings if row["finding_type"] == name and row["status"] != "resolved"],
            )
    return path


_COMMON_TO_MARTS = {
    "org", "status", "evidence", "controls", "who_acts", "currency", "first_seen", "last_seen", "reopened_at",
    "resolved_at", "waived_until",
}  # fmt: skip


def write(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Makes a table with these columns; keys of the rows that are no columns are left out."""
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"create table {table} ({declared})")
    lines = [json.dumps({name: row.get(name) for name in columns}, default=str) for row in rows]
    if lines:
        with NamedTemporaryFile("w", suffix=".json") as file:
            file.write("\n".join(lines))
            file.flush()
            connection.execute(
                f"insert into {table} from read_json($1, format = 'newline_delimited', columns = $2)",
                [file.name, dict(columns)],
            )
