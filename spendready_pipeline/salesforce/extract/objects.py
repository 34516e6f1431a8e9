"""Reading an object of the catalogue onto the disk: as its fields are in this org, whole, and counted.

What is read lies in the evidence, as it came; landing it in the warehouse is the business of `landing`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from spendready_pipeline.catalog.salesforce_objects import BOOLEAN, FieldType, SalesforceObject
from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.archive import Incoming, KeptQuery
from spendready_pipeline.salesforce.client.api_errors import (
    QUERY_TIMEOUT,
    ApiLimitExceeded,
    OrgUnavailable,
    SalesforceApiError,
    SessionExpired,
    undocumented_answer,
)
from spendready_pipeline.salesforce.client.connection import Connection
from spendready_pipeline.salesforce.client.unpacking import UnpackedPages
from spendready_pipeline.salesforce.extract.partitions import MAX_HALVINGS, IdRange, Piece
from spendready_pipeline.salesforce.extract.soql import select, sliced

CONCURRENT_QUERIES = 8
INVALID_LOCATOR, SESSION_ENDED = "INVALID_QUERY_LOCATOR", "INVALID_SESSION_ID"
"""Codes with which Salesforce breaks a query off (REST Guide, Status Codes and Error Responses)."""
Count = Callable[[str], int | None]
"""Counts the rows of a condition; None where Salesforce takes too long to."""


@dataclass(frozen=True)
class Scope:
    """Which rows of an object are read, and in how many queries.

    Attributes:
        where: The condition of all of them; empty for every row that the org has.
        pieces: Given how many rows there are (None: not known) and a way to count those of a condition, the
            pieces to read them in. None: all in one query.
    """

    where: str = ""
    pieces: Callable[[int | None, Count], Sequence[Piece]] | None = None


@dataclass
class Slice:
    """Fields that were read together, and the pages that have them."""

    fields: dict[str, FieldType]
    files: list[Path] = field(default_factory=list)


@dataclass
class Reading:
    """What could be read of an object.

    Attributes:
        object: The object.
        slices: Its fields, in as many parts as the length of a URI asked for; none where nothing could be read.
        queries: What was asked, and the pages that answered.
        missing_fields: Fields of the catalogue that this org does not have or does not show.
        count_before: `count()` before the first query; None where Salesforce would not count.
        count_after: `count()` after the last.
        refused: Why nothing could be read.
        api_calls: Calls that it took.
        seconds: Time that it took.
        is_complete: Whether no more pages come.
        failure: Why the org cannot be read any further.
        unpacked: Pages that were unpacked on arrival, for loading; None: all are unpacked when they are loaded.
    """

    object: SalesforceObject
    slices: list[Slice] = field(default_factory=list)
    queries: list[KeptQuery] = field(default_factory=list)
    missing_fields: tuple[str, ...] = ()
    count_before: int | None = None
    count_after: int | None = None
    refused: SalesforceApiError | None = None
    api_calls: int = 0
    seconds: float = 0.0
    is_complete: bool = True
    failure: BaseException | None = None
    unpacked: UnpackedPages | None = None
    _tallying: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def change(self, is_complete: bool = False) -> None:
        """Lets those know who wait for pages that there are more, or that there will be no more."""
        with self._changed:
            self.is_complete = is_complete
            self._changed.notify_all()

    def parts(self) -> list[Slice]:
        """Gives its slices, once they are known; none where nothing could be read."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_complete or self.slices)
        self._check_failure()
        return list(self.slices)

    def files(self, part: Slice, is_wanted: Callable[[], bool]) -> Iterator[Path]:
        """Gives the pages of a slice as they come, and ends with the last.

        Args:
            part: The slice.
            is_wanted: Asked now and then while there is no page; False ends it.

        Raises:
            OrgError: The org cannot be read any further.
        """
        given, is_last = 0, False
        while is_wanted() and not is_last:
            with self._changed:
                if not self.is_complete and len(part.files) == given:
                    self._changed.wait(timeout=0.5)
                is_last, new = self.is_complete, part.files[given:]
            yield from new
            given += len(new)
        self._check_failure()

    def _check_failure(self) -> None:
        if self.failure:
            raise self.failure

    def tally(self) -> None:
        """Notes an API call; several threads may."""
        with self._tallying:
            self.api_calls += 1

    @property
    def largest_page(self) -> int:
        """The length of its longest page, before gzip."""
        return max((page["plain_bytes"] for query in self.queries for page in query.pages), default=0)

    @property
    def bytes(self) -> int:
        """The size of its pages, gzipped."""
        return sum(page["bytes"] for query in self.queries for page in query.pages)


def read_object(connection: Connection, evidence: Incoming, reading: Reading, scope: Scope = Scope()) -> Reading:
    """Reads an object onto the disk.

    A refusal that concerns this object alone is part of the result; what concerns the whole org is raised.

    Args:
        connection: The org.
        evidence: Where the pages go.
        reading: What becomes of it; `is_complete` once this returns or raises.
        scope: Which rows.

    Raises:
        OrgError: The org cannot be read any further; whoever else reads it is stopped by the same error.
    """
    started = time.monotonic()
    try:
        _read(connection, evidence, reading, scope)
    except OrgError as error:
        if not isinstance(error, SalesforceApiError) or isinstance(
            error, SessionExpired | ApiLimitExceeded | OrgUnavailable
        ):
            what = f"{error.what}, while reading {reading.object.name}"
            reading.failure = connection.stop(OrgError(what, error.remediation))
            raise reading.failure from None
        reading.refused = error
        reading.slices = []
    except BaseException as error:
        reading.failure = error
        raise
    finally:
        reading.seconds = time.monotonic() - started
        reading.change(is_complete=True)
    evidence.flush(reading.object.name)  # while the last pages are being loaded
    return reading


def _read(connection: Connection, evidence: Incoming, reading: Reading, scope: Scope) -> None:
    name = reading.object.name

    def count(where: str) -> int | None:
        reading.tally()
        return count_unless_slow(connection, name, where)

    reading.tally()
    described = connection.describe(name)
    if described is None:
        raise SalesforceApiError(f"{connection.org}: {name} is not shown", status=404, code="NOT_FOUND")
    fields = readable_fields(reading.object, described)
    if "Id" not in fields:
        raise undocumented_answer(connection.org, "has no field Id").about(f"describe of {name}")
    reading.missing_fields = tuple(each for each in reading.object.fields if each not in fields)
    reading.count_before = count(scope.where)
    everything = IdRange(partial(connection.first_and_last_id, name))
    pieces = scope.pieces(reading.count_before, count) if scope.pieces else [everything]
    longest = max((each.where for each in pieces), key=len)
    reading.slices = [Slice({each: fields[each] for each in part}) for part in sliced(name, list(fields), longest)]
    reading.change()
    questions = [(part, piece) for part in reading.slices for piece in pieces]
    with ThreadPoolExecutor(min(CONCURRENT_QUERIES, len(questions))) as pool:
        asked = [pool.submit(_ask, connection, evidence, reading, *question) for question in questions]
        try:
            for each in asked:
                each.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    reading.count_after = count(scope.where)


def count_unless_slow(connection: Connection, name: str, where: str = "") -> int | None:
    """Counts an object's rows; None where Salesforce takes too long to.

    Raises:
        SalesforceApiError: Salesforce refused for another reason.
    """
    try:
        return connection.count(name, where)
    except SalesforceApiError as refused:
        if refused.code != QUERY_TIMEOUT:
            raise
        return None


def _ask(
    connection: Connection, evidence: Incoming, reading: Reading, part: Slice, piece: Piece, halvings: int = 0
) -> None:
    """Reads a piece; in halves where Salesforce gives up on it."""
    query = KeptQuery(select(reading.object.name, list(part.fields), piece.where))
    try:
        files = _keep_trying(connection, evidence, reading, query)
    except SalesforceApiError as refused:
        halves = piece.halves() if refused.code == QUERY_TIMEOUT and halvings < MAX_HALVINGS else ()
        if not halves:
            raise
        for half in halves:
            _ask(connection, evidence, reading, part, half, halvings + 1)
        return
    part.files.extend(files)
    reading.queries.append(query)
    reading.change()


def _keep_trying(connection: Connection, evidence: Incoming, reading: Reading, query: KeptQuery) -> list[Path]:
    """Runs a query to its end. What broke it off may pass: then all of it is asked again, once for each cause.

    A locator dies with its session, so that no page can be asked for alone.
    """
    causes = {SESSION_ENDED, INVALID_LOCATOR, QUERY_TIMEOUT}
    while True:
        token = connection.session.token
        try:
            return _keep(connection, evidence, reading, query)
        except SalesforceApiError as refused:
            cause = SESSION_ENDED if isinstance(refused, SessionExpired) else refused.code
            if cause not in causes:
                raise
            causes.remove(cause)
        if cause == SESSION_ENDED:
            connection.renew(token)


def _keep(connection: Connection, evidence: Incoming, reading: Reading, query: KeptQuery) -> list[Path]:
    """Keeps all pages of a query, or none."""
    files = []
    try:
        for page in connection.pages(query.soql):
            reading.tally()
            file = evidence.keep(reading.object.name, query, page.content, page.plain_bytes, page.gzipped_here)
            if reading.unpacked and page.records is not None:
                reading.unpacked.put(file, page.records)
            files.append(file)
    except BaseException:
        evidence.discard(query)
        if reading.unpacked:
            for unpacked in filter(None, map(reading.unpacked.take, files)):
                reading.unpacked.release(unpacked)
        raise
    return files


def readable_fields(wanted: SalesforceObject, described: Mapping[str, str]) -> dict[str, FieldType]:
    """Gives the fields to read: the catalogue's as far as the org has them, and its permissions, whichever it has."""
    fields = {name: kind for name, kind in wanted.fields.items() if name in described}
    if wanted.permission_prefix:
        permissions = (
            name
            for name, kind in described.items()
            if name.startswith(wanted.permission_prefix) and kind == "boolean" and name not in fields
        )
        fields |= dict.fromkeys(permissions, BOOLEAN)
    return fields
