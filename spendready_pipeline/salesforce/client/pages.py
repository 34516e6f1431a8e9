"""Pages of query results as they arrive over the wire, and the little that has to be read from them.

A page is kept gzipped, byte for byte. It is unpacked once, to be sure that it is complete, and only its envelope
(`totalSize`, `done`, `nextRecordsUrl`) is read.
"""

import gzip
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import requests

from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.api_errors import too_large
from spendready_pipeline.salesforce.client.bounds import Damaged, TooLarge, unpacked
from spendready_pipeline.salesforce.client.unpacking import OddPage, records_of

_ENVELOPE_BYTES = 2048
_MAX_PARSED_BYTES = 32 * 1024 * 1024
"""Parsing takes many times a page's length in memory; a page in Salesforce's usual form is not parsed."""
_MAX_KEPT_BYTES = 8 * 1024 * 1024
"""Salesforce sends 2,000 records a page, about a megabyte; records of a far longer page are not kept in memory."""
_ENDS_WITH_RECORDS = re.compile(rb"\]\s*\}\s*$")
"""How a complete page ends; one that ends differently is parsed in full."""


@dataclass(frozen=True)
class Page:
    """One page of a query's answer.

    Attributes:
        content: The JSON, gzipped.
        plain_bytes: The length of the JSON.
        gzipped_here: Whether the server sent it plain, and it was gzipped on arrival.
        total: How many rows the whole query has, as Salesforce says.
        next_url: The path of the next page; None on the last one.
        records: Its records, a JSON array; None where the page is long, or has to be parsed to find them.
    """

    content: bytes
    plain_bytes: int
    gzipped_here: bool
    total: int
    next_url: str | None
    records: memoryview | None = None


def page_of(org: str, max_bytes: int, answer: requests.Response) -> Page:
    """Reads a page from a response whose body has not been decoded yet.

    Args:
        org: The org's name, for messages.
        max_bytes: The limit for the length of the JSON.
        answer: The response to a query, requested with `stream=True`.

    Raises:
        answers.Undocumented: It is not a page of query results.
        UnusableAnswer: It is too long.
    """
    body: bytes = answer.raw.read(decode_content=False)
    gzipped_here = answer.headers.get("Content-Encoding", "").lower() != "gzip"

    def chunks() -> Iterable[bytes]:
        return [body] if gzipped_here else unpacked(body, max_bytes)

    try:
        plain_bytes, head, tail, plain = _measured(chunks())
        envelope = _leading_envelope(head, tail) or _whole(plain_bytes, chunks)
    except (EOFError, Damaged):
        raise answers.Undocumented("is not complete") from None
    except TooLarge:
        raise too_large(org, max_bytes) from None
    content = gzip.compress(body, mtime=0) if gzipped_here else body
    return Page(content, plain_bytes, gzipped_here, envelope.total, envelope.next_path, _records(plain))


def _records(plain: bytes | None) -> memoryview | None:
    try:
        return records_of(plain) if plain else None
    except OddPage:
        return None


def _measured(chunks: Iterable[bytes]) -> tuple[int, bytes, bytes, bytes | None]:
    """Returns the length of a page, its first and last bytes, and the page itself where it is not long."""
    size, head, tail = 0, b"", b""
    kept: list[bytes] = []
    for chunk in chunks:
        size += len(chunk)
        if size <= _MAX_KEPT_BYTES:
            kept.append(chunk)
        else:
            kept.clear()
        if len(head) < _ENVELOPE_BYTES:
            head += chunk[: _ENVELOPE_BYTES - len(head)]
        tail = (tail + chunk[-_ENVELOPE_BYTES:])[-_ENVELOPE_BYTES:]
    return size, head, tail, b"".join(kept) if size <= _MAX_KEPT_BYTES else None


def _leading_envelope(head: bytes, tail: bytes) -> answers.Envelope | None:
    """Reads the envelope before the records, where Salesforce puts it; None where it is not there."""
    before, found, _ = head.partition(b'"records"')
    if not found or not _ENDS_WITH_RECORDS.search(tail):
        return None
    try:
        return answers.envelope(answers.parsed(before.rstrip().rstrip(b",") + b"}"))
    except answers.Undocumented:
        return None


def _whole(plain_bytes: int, chunks: Callable[[], Iterable[bytes]]) -> answers.Envelope:
    """Reads the envelope wherever it is, by parsing the whole page."""
    if plain_bytes > _MAX_PARSED_BYTES:
        raise answers.Undocumented("does not begin as a page of query results")
    return answers.envelope(answers.parsed(b"".join(chunks())))
