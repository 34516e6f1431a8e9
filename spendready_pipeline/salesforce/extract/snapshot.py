"""Taking a snapshot: signing in, reading every object of the catalogue, landing each, sealing the evidence.

A run that ends before its end leaves no `raw.snapshot`, no evidence, and nothing that the next run does not replace.
"""

import shutil
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
LOADING = {"memory_limit": "192MB", "threads": "1", "write_buffer_row_group_count": "1"}
"""How DuckDB loads pages: in little memory, and on one core; two take a third more time, and reading needs one."""
Progress = Callable[[str], None]
Load = Callable[[duckdb.DuckDBPyConnection, Reading], ExtractedObject]


def take_snapshot(org: OrgConnection, files: OrgFiles, run_id: str, progress: Progress) -> Iterator[ExtractedObject]:
    """Reads an org as it is now, into `raw` and into evidence.

    Between two objects the warehouse is closed, so that the caller may open it.

    Args:
        org: The org.
        files: Its files.
        run_id: What the run is called elsewhere.
        progress: Is told what happens, a line at a time, in the caller's thread.

    Yields:
        What became of each object, in the catalogue's order: of the essential ones once these are loaded, of all
        others once all are.

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
    """The objects of one snapshot that is being taken: several are read at once, and two are loaded at once."""

    def __init__(self, connection: Connection, files: OrgFiles, evidence: Incoming, progress: Progress) -> None:
        self.org_id = ""
        self._done: dict[str, tuple[Reading, ExtractedObject]] = {}
        self._connection = connection
        self._warehouse = files.warehouse
        self._loading = files.loading
        self._unpacked = UnpackedPages(files.loading)
        self._evidence = evidence
        self._progress = progress

    @property
    def done(self) -> list[tuple[Reading, ExtractedObject]]:
        """The objects that are loaded, in the catalogue's order."""
        return [self._done[each.name] for each in OBJECTS if each.name in self._done]

    def objects(self, pool: ThreadPoolExecutor) -> Iterator[ExtractedObject]:
        """Reads the essential objects; then, knowing the org and its users, all others."""
        essential = [each for each in OBJECTS if each.essential]
        others = [each for each in OBJECTS if not each.essential]
        now = self._connection.snapshot_at
        with self._opened() as warehouse:
            self._load(warehouse, self._begin(pool, essential, {}))
            self.org_id = _org_id(warehouse, self._connection.org)
            known = logins.known_window(warehouse, self.org_id, now)
            user_ids = [str(each) for each in _column(warehouse, 'select "Id" from raw."user" order by 1')]
            user_ids = [each for each in user_ids if answers.record_id(each)]
        yield from (self._done[each.name][1] for each in essential)
        scopes = {
            logins.NAME: logins.login_scope(logins.read_since(known, now), now),
            tokens.NAME: tokens.token_scope(user_ids, now),
        }
        if known is None:
            self._announce_first_logins(scopes[logins.NAME].where)
        load_logins = partial(
            logins.land_logins,
            reader=self._connection.reader,
            org_id=self.org_id,
            window=logins.next_window(known, now),
            delete_before=logins.prune_before(now, self._connection.local_now),
        )
        with self._opened() as warehouse:
            longest_first = sorted(others, key=lambda each: each.name != logins.NAME)
            (reading, future), *begun = self._begin(pool, longest_first, scopes)
            with self._beside(warehouse, reading, load_logins) as loading:
                self._load(warehouse, begun)
                self._wait_for(logins.NAME, loading)
                extracted = loading.result()
                future.result()
                self._note(reading, extracted)
        yield from (self._done[each.name][1] for each in others)

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

    def _load(self, warehouse: duckdb.DuckDBPyConnection, begun: Sequence[tuple[Reading, Future[Reading]]]) -> None:
        """Loads objects, each once it is read; what was the snapshot before is none from the first on."""
        for reading, future in begun:
            self._wait_for(reading.object.name, future)
            future.result()
            if not self._done:
                forget(warehouse)
            self._note(reading, land(warehouse, reading, self._connection.reader))

    @contextmanager
    def _beside(
        self, warehouse: duckdb.DuckDBPyConnection, reading: Reading, load: Load
    ) -> Iterator[Future[ExtractedObject]]:
        """Loads an object in a thread of its own, while it is being read; where the block fails, that ends as well."""
        with warehouse.cursor() as connection, ThreadPoolExecutor(1) as pool:
            try:
                yield pool.submit(load, connection, reading)
            except BaseException:
                reading.failure = self._connection.stop(OrgError(f"{self._connection.org}: the run ended"))
                reading.change(is_complete=True)
                raise

    def _note(self, reading: Reading, extracted: ExtractedObject) -> None:
        found = Visibility(extracted.status, extracted.reason, extracted.remediation)
        if stopped := no_audit_possible(self._connection.org, reading.object, found, reading.refused):
            raise stopped
        self._done[reading.object.name] = reading, extracted
        self._progress(_said(extracted))

    def _wait_for(self, name: str, future: "Future[Any]") -> None:
        while not future.done():
            wait([future], timeout=PROGRESS_SECONDS)
            if not future.done():
                self._progress(f"{name}, {self._evidence.pages(name):,} pages so far")

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Opens the warehouse to load into."""
        try:
            with open_warehouse(self._warehouse, folders=[self._loading], config=LOADING) as warehouse:
                yield warehouse
        except duckdb.Error as failure:
            raise OrgError(
                f"{self._connection.org}: what was read could not be landed ({type(failure).__name__})",
                "See that the disk has room and that the data folder may be written to",
            ) from None


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
