"""Pages of query results as they came over the wire, and the little that has to be read from them.

A page is kept gzipped, byte for byte. It is unpacked once, to be sure that it is whole, and only its envelope
(`totalSize`, `done`, `nextRecordsUrl`) is looked at.
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
_MOST_PARSED_BYTES = 32 * 1024 * 1024
"""Parsing takes many times a page's length in memory; a page as Salesforce sends it is not parsed."""
_MAX_KEPT_BYTES = 8 * 1024 * 1024
"""Salesforce sends 2,000 records a page, about a megabyte; the records of a far longer page are not kept in memory."""
_ENDS_WITH_RECORDS = re.compile(rb"\]\s*\}\s*$")
"""How a page ends that was not cut off; one that ends in another way is parsed whole."""


@dataclass(frozen=True)
class Page:
    """One page of a query's answer.

    Attributes:
        content: The JSON, gzipped.
        plain_bytes: How long the JSON is.
        gzipped_here: The server sent it plain, and it was gzipped on arrival.
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


def page_of(org: str, most_bytes: int, answer: requests.Response) -> Page:
    """Takes a page out of an answer whose body has not been decoded yet.

    Args:
        org: The org's name, for messages.
        most_bytes: How long the JSON may be.
        answer: An answer to a query, asked for with `stream=True`.

    Raises:
        answers.Undocumented: It is not a page of query results.
        UnusableAnswer: It is too long.
    """
    body: bytes = answer.raw.read(decode_content=False)
    gzipped_here = answer.headers.get("Content-Encoding", "").lower() != "gzip"

    def pieces() -> Iterable[bytes]:
        return [body] if gzipped_here else unpacked(body, most_bytes)

    try:
        plain_bytes, head, tail, plain = _measured(pieces())
        envelope = _leading_envelope(head, tail) or _whole(plain_bytes, pieces)
    except (EOFError, Damaged):
        raise answers.Undocumented("is not whole") from None
    except TooLarge:
        raise too_large(org, most_bytes) from None
    content = gzip.compress(body, mtime=0) if gzipped_here else body
    return Page(content, plain_bytes, gzipped_here, envelope.total, envelope.next_path, _records(plain))


def _records(plain: bytes | None) -> memoryview | None:
    try:
        return records_of(plain) if plain else None
    except OddPage:
        return None


def _measured(pieces: Iterable[bytes]) -> tuple[int, bytes, bytes, bytes | None]:
    """Gives the length of a page, its first and its last bytes, and all of it where it is not long."""
    size, head, tail = 0, b"", b""
    kept: list[bytes] = []
    for piece in pieces:
        size += len(piece)
        if size <= _MAX_KEPT_BYTES:
            kept.append(piece)
        else:
            kept.clear()
        if len(head) < _ENVELOPE_BYTES:
            head += piece[: _ENVELOPE_BYTES - len(head)]
        tail = (tail + piece[-_ENVELOPE_BYTES:])[-_ENVELOPE_BYTES:]
    return size, head, tail, b"".join(kept) if size <= _MAX_KEPT_BYTES else None


def _leading_envelope(head: bytes, tail: bytes) -> answers.Envelope | None:
    """Reads what stands before the records, where Salesforce puts it; None where it does not stand there."""
    before, found, _ = head.partition(b'"records"')
    if not found or not _ENDS_WITH_RECORDS.search(tail):
        return None
    try:
        return answers.envelope(answers.parsed(before.rstrip().rstrip(b",") + b"}"))
    except answers.Undocumented:
        return None


def _whole(plain_bytes: int, pieces: Callable[[], Iterable[bytes]]) -> answers.Envelope:
    """Reads the envelope from wherever it stands, by parsing the whole page."""
    if plain_bytes > _MOST_PARSED_BYTES:
        raise answers.Undocumented("does not begin as a page of query results")
    return answers.envelope(answers.parsed(b"".join(pieces())))
