"""Reads a review from the warehouse: rows into records, nothing else."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar

import duckdb

from spendready_pipeline.catalog.labels import SEVERITIES
from spendready_pipeline.errors import OrgError
from spendready_pipeline.review.facts import (
    STATUSES,
    Accounts,
    Cause,
    Change,
    Control,
    Exemption,
    Finding,
    FindingType,
    IntegrationUser,
    License,
    ObjectRead,
    PolicyWarning,
    QualityWarning,
    Review,
    Snapshot,
    TrendPoint,
)
from spendready_pipeline.review.queries import (
    ACCOUNTS_LISTED,
    ACTIVE,
    BUILT_OF,
    CAUSES,
    CONTROLS,
    EXEMPTIONS,
    FINDINGS_LISTED,
    LICENSES,
    MONEY_AT_STAKE,
    MOST_IMPORTANT_FIRST,
    NEWEST_SNAPSHOT,
    POLICY_WARNINGS,
    SNAPSHOT,
    THRESHOLDS,
    TREND,
    TYPES,
)

T = TypeVar("T")

NOT_BUILT = "See in Dagster what stopped its run; spendready run takes another and builds them"

PROSE = ("title", "description", "risk", "remediation")
"""What the catalogue says of a type, as people wrote it in YAML."""


def read_review(connection: duckdb.DuckDBPyConnection) -> Review:
    """Reads the review of the newest snapshot.

    Args:
        connection: A warehouse in which the marts were built.

    Raises:
        OrgError: They were not, or of an earlier snapshot: the run that took the newest stopped on its way.
    """
    try:
        return _read(connection)
    except duckdb.CatalogException:
        raise OrgError("The findings are not built", "spendready run builds them") from None


def _read(connection: duckdb.DuckDBPyConnection) -> Review:
    org, newest = _only_row(connection, NEWEST_SNAPSHOT)
    (built_of,) = _only_row(connection, BUILT_OF)
    if newest is None:
        raise OrgError("The newest snapshot is not complete", NOT_BUILT)
    if newest != built_of:
        raise OrgError(
            f"{org}: the newest snapshot is of {newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC, "
            "and the findings are not built of it",
            NOT_BUILT,
        )
    (snapshot,) = _rows(connection, Snapshot, SNAPSHOT)
    severities = _counts(connection, f"select severity, count(*) from marts.findings where {ACTIVE} group by all")  # noqa: S608 - words of ours
    statuses = _counts(connection, "select status, count(*) from marts.findings group by all")
    money, currency = _only_row(connection, MONEY_AT_STAKE)
    return Review(
        snapshot=snapshot,
        severities={each: severities.get(each, 0) for each in SEVERITIES},
        statuses={each: statuses.get(each, 0) for each in STATUSES},
        money_at_stake=money,
        currency=currency,
        new=_change(connection, "status = 'new'"),
        resolved=_change(connection, "resolved_at = snapshot_at"),
        reopened=_change(connection, f"reopened_at = snapshot_at and {ACTIVE}"),
        waived=_change(connection, "status = 'waived'"),
        types=_types(connection),
        integration_users=_accounts(connection, "is_integration_user"),
        candidates=_accounts(connection, "confidence = 'possible'"),
        licenses_total=_only_row(connection, "select count(*) from marts.license_usage")[0],
        licenses=_rows(connection, License, LICENSES),
        exemptions=_rows(connection, Exemption, EXEMPTIONS),
        policy_warnings=_rows(connection, PolicyWarning, POLICY_WARNINGS),
        trend=_rows(connection, TrendPoint, TREND),
        objects=_rows(connection, ObjectRead, "select {columns} from marts.object_coverage order by object"),
        warnings=_rows(
            connection,
            QualityWarning,
            "select {columns} from marts.data_quality where not passed order by object, check_name",
        ),
        controls=_rows(connection, Control, CONTROLS),
        thresholds=json.loads(_only_row(connection, THRESHOLDS)[0]),
    )


def _types(connection: duckdb.DuckDBPyConnection) -> tuple[FindingType, ...]:
    causes: dict[str, list[Cause]] = {}
    totals: dict[str, int] = {}
    for (finding_type, _), rows in groupby(
        _dicts(connection, CAUSES), key=lambda row: (row["finding_type"], row["place"])
    ):
        listed = list(rows)
        first = listed[0]
        totals[finding_type] = first["causes_total"]
        causes.setdefault(finding_type, []).append(
            Cause(
                name=first["cause"],
                severity=SEVERITIES[first["rank"] - 1],
                total=first["total"],
                users=first["users"],
                annual_cost=first["cause_cost"],
                first_seen=first["cause_first_seen"],
                findings=tuple(_made(Finding, row) for row in listed),
            )
        )
    return tuple(
        FindingType(
            **_of_the_catalogue(row),
            active={each: row[each] for each in SEVERITIES},
            causes_total=totals.get(row["finding_type"], 0),
            causes=tuple(causes.get(row["finding_type"], ())),
        )
        for row in _dicts(connection, TYPES)
    )


def _of_the_catalogue(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of a type, without its counts."""
    return {
        name: _sentences(value) if name in PROSE else value for name, value in row.items() if name not in SEVERITIES
    }


def _sentences(text: str) -> str:
    """Prose without what folded YAML and Markdown leave in it."""
    return " ".join(text.replace("`", "").split())


def _change(connection: duckdb.DuckDBPyConnection, condition: str) -> Change:
    total = _only_row(connection, f"select count(*) from marts.findings where {condition}")[0]  # noqa: S608 - words of ours
    listed = _rows(
        connection,
        Finding,
        f"select {{columns}} from marts.findings where {condition} order by {MOST_IMPORTANT_FIRST} "  # noqa: S608 - words of ours
        f"limit {FINDINGS_LISTED}",
    )
    return Change(total, listed)


def _accounts(connection: duckdb.DuckDBPyConnection, condition: str) -> Accounts:
    total = _only_row(connection, f"select count(*) from marts.integration_users where {condition}")[0]  # noqa: S608 - words of ours
    listed = _rows(
        connection,
        IntegrationUser,
        f"select {{columns}} from marts.integration_users where {condition} "  # noqa: S608 - words of ours
        f"order by is_active desc, lower(username), user_id limit {ACCOUNTS_LISTED}",
    )
    return Accounts(total, listed)


def _counts(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    return dict(connection.execute(sql).fetchall())


def _only_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None, "an aggregate always has a row"  # noqa: S101
    return row


def _rows(connection: duckdb.DuckDBPyConnection, kind: type[T], sql: str) -> tuple[T, ...]:
    """Reads a record a row."""
    columns = ", ".join(each.name for each in fields(kind))  # type: ignore[arg-type]
    return tuple(_made(kind, row) for row in _dicts(connection, sql.replace("{columns}", columns)))


def _dicts(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    result = connection.execute(sql)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in result.fetchall()]


def _made(kind: type[T], row: Mapping[str, Any]) -> T:
    values = {each.name: row[each.name] for each in fields(kind)}  # type: ignore[arg-type]
    if "evidence" in values:
        values["evidence"] = json.loads(values["evidence"] or "{}")
    return kind(**values)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """DuckDB's value as the review holds it: unchanging, and in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return tuple(value) if isinstance(value, list) else value
