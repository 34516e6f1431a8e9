"""Taking a snapshot: signing in, reading every object of the catalogue, landing each, sealing the evidence.

A run that ends before its end leaves no `raw.snapshot`, no evidence, and nothing that the next run does not replace.
"""

import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any

import duckdb

from spendready_pipeline.catalog.salesforce_objects import OBJECTS, SalesforceObject
from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.archive import Incoming, newest_snapshot
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.api_errors import (
    ApiLimitExceeded,
    OrgUnavailable,
    SalesforceApiError,
    SessionExpired,
)
from spendready_pipeline.salesforce.client.connection import Connection, connect
from spendready_pipeline.salesforce.client.unpacking import UnpackedPages
from spendready_pipeline.salesforce.configuration import OrgConnection
from spendready_pipeline.salesforce.extract import logins, tokens
from spendready_pipeline.salesforce.extract.clock import check_clock
from spendready_pipeline.salesforce.extract.load import ExtractedObject, land
from spendready_pipeline.salesforce.extract.objects import Reading, Scope, read_object
from spendready_pipeline.salesforce.extract.record import forget, manifest, record
from spendready_pipeline.salesforce.extract.visibility import Visibility, no_audit_possible
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from spendready_pipeline.text import visible

CONCURRENT_OBJECTS = 4
PROGRESS_SECONDS = 10.0
LOADING_MEMORY = "256MB"
"""What DuckDB may hold in memory while pages are loaded, a few megabytes at a time."""
Progress = Callable[[str], None]
Landing = Callable[[duckdb.DuckDBPyConnection, Reading], ExtractedObject]


def take_snapshot(org: OrgConnection, files: OrgFiles, run_id: str, progress: Progress) -> Iterator[ExtractedObject]:
    """Reads an org as it is now, into `raw` and into evidence.

    Between two objects the warehouse is closed, so that the caller may open it.

    Args:
        org: The org.
        files: Its files.
        run_id: What the run is called elsewhere.
        progress: Is told what happens, a line at a time, in the caller's thread.

    Yields:
        What became of each object, in the catalogue's order, once it is landed.

    Raises:
        OrgError: The org could not be read to its end, its clock cannot be right, the evidence ledger is damaged, or
            the warehouse is held by another program.
    """
    newest = newest_snapshot(files)  # fails where the evidence ledger is damaged, before anything is read
    with connect(org, within_budget=True) as connection:
        check_clock(
            org.name,
            connection.snapshot_at,
            connection.local_now or connection.snapshot_at,
            org.limits.clock_skew_minutes,
            newest,
            is_org_clock=connection.local_now is not None,
        )
        reader = connection.reader.username or "a user whose name it may not read"
        progress(f"signed in as {visible(reader)}, API version {connection.api_version}")
        told = _tell(connection.warnings, progress)
        with open_warehouse(files.warehouse):
            pass  # one that another program holds is better found out before an hour of reading
        evidence = Incoming(files, connection.snapshot_at)
        shutil.rmtree(files.loading, ignore_errors=True)  # what a killed run left
        files.loading.mkdir()
        snapshot = _Snapshot(connection, files, evidence, progress)
        with ThreadPoolExecutor(CONCURRENT_OBJECTS) as pool:
            try:
                yield from snapshot.objects(pool)
            finally:
                _tell(connection.warnings[told:], progress)
                connection.stop(OrgError(f"{org.name}: the run ended"))
                pool.shutdown(wait=False, cancel_futures=True)
                shutil.rmtree(files.loading, ignore_errors=True)
        sealed = evidence.seal(manifest(connection, snapshot.org_id, org.auth.flow, run_id, snapshot.done))
        with open_warehouse(files.warehouse) as warehouse:
            record(warehouse, connection, run_id, sealed, [landed for _, landed in snapshot.done])
        progress(f"{connection.api_calls:,} API calls, evidence in {sealed.folder}")


def _tell(warnings: Sequence[str], progress: Progress) -> int:
    for warning in warnings:
        progress(f"warning: {warning}")
    return len(warnings)


class _Snapshot:
    """The objects of one snapshot that is being taken: read several at once, landed one by one."""

    def __init__(self, connection: Connection, files: OrgFiles, evidence: Incoming, progress: Progress) -> None:
        self.done: list[tuple[Reading, ExtractedObject]] = []
        self.org_id = ""
        self._connection = connection
        self._warehouse = files.warehouse
        self._loading = files.loading
        self._unpacked = UnpackedPages(files.loading)
        self._evidence = evidence
        self._progress = progress

    def objects(self, pool: ThreadPoolExecutor) -> Iterator[ExtractedObject]:
        """Reads the essential objects; then, knowing the org and its users, all others."""
        plainly = partial(land, reader=self._connection.reader, folder=self._loading)
        yield from self._in_order(self._begin(pool, [each for each in OBJECTS if each.essential], {}), plainly, {})
        now = self._connection.snapshot_at
        with open_warehouse(self._warehouse) as warehouse:
            self.org_id = _org_id(warehouse, self._connection.org)
            known = logins.known_window(warehouse, self.org_id, now)
            user_ids = [str(each) for each in _column(warehouse, 'select "Id" from raw."user" order by 1')]
            user_ids = [each for each in user_ids if answers.record_id(each)]
        scopes = {
            logins.NAME: logins.login_scope(logins.read_since(known, now), now),
            tokens.NAME: tokens.token_scope(user_ids, now),
        }
        if known is None:
            self._announce_first_logins(scopes[logins.NAME].where)
        add_logins = partial(
            logins.land_logins,
            reader=self._connection.reader,
            org_id=self.org_id,
            window=logins.next_window(known, now),
            delete_before=logins.prune_before(now, self._connection.local_now),
            folder=self._loading,
            wait=partial(self._wait_for, logins.NAME),
        )
        begun = self._begin(pool, [each for each in OBJECTS if not each.essential], scopes)
        yield from self._in_order(begun, plainly, {logins.NAME: add_logins})

    def _announce_first_logins(self, where: str) -> None:
        """Tells what a first read of LoginHistory costs, and stops where the API budget has not that much left."""
        try:
            rows = self._connection.count(logins.NAME, where)
        except (SessionExpired, ApiLimitExceeded, OrgUnavailable):
            raise
        except SalesforceApiError:
            return  # whoever reads the object tells why
        calls = logins.api_calls_for(rows)
        self._progress(f"LoginHistory, {rows:,} rows to read for the first time: about {calls:,} API calls")
        self._connection.check_cost(f"a first read of LoginHistory ({rows:,} rows)", calls)

    def _begin(
        self, pool: ThreadPoolExecutor, wanted: Sequence[SalesforceObject], scopes: Mapping[str, Scope]
    ) -> list[tuple[Reading, Future[Reading]]]:
        readings = [Reading(each, is_complete=False, unpacked=self._unpacked) for each in wanted]
        return [
            (
                reading,
                pool.submit(
                    read_object, self._connection, self._evidence, reading, scopes.get(reading.object.name, Scope())
                ),
            )
            for reading in readings
        ]

    def _in_order(
        self, begun: Sequence[tuple[Reading, Future[Reading]]], plainly: Landing, otherwise: Mapping[str, Landing]
    ) -> Iterator[ExtractedObject]:
        waiting = deque(begun)
        while waiting:
            reading, future = waiting.popleft()
            if reading.object.name not in otherwise:  # else it is loaded while it is being read
                self._wait_for(reading.object.name, future)
                future.result()
            readings = [reading]
            while waiting and waiting[0][1].done():  # opening the warehouse once for several is cheaper
                readings.append(waiting.popleft()[1].result())
            landed = []
            with self._opened() as warehouse:
                for reading in readings:
                    extracted = otherwise.get(reading.object.name, plainly)(warehouse, reading)
                    self._require(reading, extracted)
                    landed.append(extracted)
            self.done += zip(readings, landed, strict=True)
            for each in landed:
                self._progress(_said(each))
                yield each

    def _wait_for(self, name: str, future: "Future[Any]") -> None:
        while not future.done():
            wait([future], timeout=PROGRESS_SECONDS)
            if not future.done():
                self._progress(f"{name}, {self._evidence.pages(name):,} pages so far")

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Opens the warehouse to land in; what was the snapshot before is none from the first landing on."""
        try:
            with open_warehouse(
                self._warehouse, memory_limit=LOADING_MEMORY, folders=[self._loading], any_order=True
            ) as warehouse:
                if not self.done:
                    forget(warehouse)
                yield warehouse
        except duckdb.Error as failure:
            raise OrgError(
                f"{self._connection.org}: what was read could not be landed ({type(failure).__name__})",
                "See that the disk has room and that the data folder may be written to",
            ) from None

    def _require(self, reading: Reading, extracted: ExtractedObject) -> None:
        found = Visibility(extracted.status, extracted.reason, extracted.remediation)
        if stopped := no_audit_possible(self._connection.org, reading.object, found, reading.refused):
            raise stopped


def _org_id(warehouse: duckdb.DuckDBPyConnection, org: str) -> str:
    ids = _column(warehouse, 'select "Id" from raw.organization')
    if len(ids) != 1:
        raise OrgError(
            f"{org}: Salesforce gave {len(ids)} rows of Organization, where there is always one", "Run again"
        )
    return str(ids[0])


def _column(warehouse: duckdb.DuckDBPyConnection, sql: str) -> list[object]:
    return [value for (value,) in warehouse.execute(sql).fetchall()]


def _said(landed: ExtractedObject) -> str:
    rows = "1 row" if landed.rows == 1 else f"{landed.rows:,} rows"
    said = f"{landed.object}, {rows}" if landed.status == "read" else f"{landed.object}, {landed.reason}"
    replaced = landed.replaced.records
    if not replaced:
        return said
    records = "1 record has a value" if replaced == 1 else f"{replaced:,} records have values"
    return f"{said}; warning: {records} that {landed.object} cannot have, replaced in the tables"
