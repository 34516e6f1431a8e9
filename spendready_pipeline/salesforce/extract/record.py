"""What a snapshot leaves written about itself: the manifest of its evidence, and the tables of `raw` about reading."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import duckdb

from spendready_pipeline.evidence.ledger import Sealed
from spendready_pipeline.salesforce.client.connection import Connection
from spendready_pipeline.salesforce.extract.load import ExtractedObject
from spendready_pipeline.salesforce.extract.objects import Reading
from spendready_pipeline.storage.warehouse import transaction

_TABLES = {
    "snapshot": (
        "org varchar, snapshot_at timestamptz, clock_source varchar, clock_skew_seconds double, instance_url varchar, "
        "api_version varchar, reader_user_id varchar, reader_username varchar, evidence_folder varchar, "
        "run_id varchar, api_calls bigint, manifest_sha256 varchar"
    ),
    "extraction": (
        'object varchar, status varchar, "rows" bigint, count_before bigint, count_after bigint, reason varchar, '
        "remediation varchar, missing_fields varchar[], known_since timestamptz, api_calls bigint, seconds double"
    ),
    "reader_permission": "permission varchar, granted boolean",
    "replaced_value": "object varchar, field varchar, records bigint",
}


def manifest(
    connection: Connection, org_id: str, flow: str, run_id: str, done: Sequence[tuple[Reading, ExtractedObject]]
) -> dict[str, Any]:
    """Says what a snapshot's evidence is: whose, when, by whom, and of each object what was asked and answered.

    Args:
        connection: The org.
        org_id: Its Id.
        flow: How the login signed in.
        run_id: What the run is called elsewhere.
        done: Each object as it was read and landed.
    """
    reader = connection.reader
    return {
        "org": connection.org,
        "org_id": org_id,
        "instance_url": connection.instance_url,
        "api_version": connection.api_version,
        "snapshot_at": connection.snapshot_at.isoformat(),
        "clock_source": connection.clock_source,
        "clock_skew_seconds": connection.clock_skew_seconds,
        "signed_in": {"user_id": reader.user_id, "username": reader.username, "flow": flow},
        "run_id": run_id,
        "objects": [_object(reading, landed) for reading, landed in done],
    }


def _object(reading: Reading, landed: ExtractedObject) -> dict[str, Any]:
    return {
        "object": landed.object,
        "status": landed.status,
        "reason": landed.reason or None,
        "rows": landed.rows,
        "count_before": landed.count_before,
        "count_after": landed.count_after,
        "missing_fields": list(landed.missing_fields),
        "records_with_replaced_values": landed.replaced.records,
        "queries": [asdict(query) for query in sorted(reading.queries, key=lambda query: query.pages[0]["file"])],
    }


def forget(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Takes away what `raw` says about the snapshot before: its tables are about to become another's."""
    with transaction(warehouse, "raw"):
        for name, columns in _TABLES.items():
            warehouse.execute(f"create or replace table raw.{name} ({columns})")


def record(
    warehouse: duckdb.DuckDBPyConnection,
    connection: Connection,
    run_id: str,
    sealed: Sealed,
    landed: Sequence[ExtractedObject],
) -> None:
    """Writes down that a snapshot is complete; the last thing that is done.

    Args:
        warehouse: The org's warehouse.
        connection: The org.
        run_id: What the run is called elsewhere.
        sealed: The evidence.
        landed: Each object.
    """
    reader = connection.reader
    snapshot = [
        connection.org,
        connection.snapshot_at,
        connection.clock_source,
        connection.clock_skew_seconds,
        connection.instance_url,
        connection.api_version,
        reader.user_id,
        reader.username,
        sealed.folder,
        run_id,
        connection.api_calls,
        sealed.manifest_sha256,
    ]
    with transaction(warehouse, "raw"):
        _insert(warehouse, "snapshot", [snapshot])
        _insert(warehouse, "extraction", [_extraction(each) for each in landed])
        replaced = [[each.object, *field] for each in landed for field in sorted(each.replaced.fields.items())]
        _insert(warehouse, "replaced_value", replaced)
        _insert(warehouse, "reader_permission", [list(each) for each in (reader.permissions or {}).items()])


def _extraction(landed: ExtractedObject) -> list[Any]:
    return [
        landed.object,
        landed.status,
        landed.rows,
        landed.count_before,
        landed.count_after,
        landed.reason or None,
        landed.remediation or None,
        list(landed.missing_fields),
        landed.known_since,
        landed.api_calls,
        landed.seconds,
    ]


def _insert(warehouse: duckdb.DuckDBPyConnection, table: str, rows: list[list[Any]]) -> None:
    if rows:
        warehouse.executemany(f"insert into raw.{table} values ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608 - names of ours
