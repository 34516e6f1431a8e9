"""Pages of query results as they came over the wire, and the little that has to be read from them.

A page is kept gzipped, byte for byte. It is unpacked once, to be sure that it is whole, and only its envelope
(`totalSize`, `done`, `nextRecordsUrl`) is looked at.
"""

import gzip
import re
import zlib
from dataclasses import dataclass

import requests

from spendready_pipeline.salesforce import answers
from spendready_pipeline.salesforce.bounds import TooLarge, unpacked
from spendready_pipeline.salesforce.refusals import too_large

_ENVELOPE_BYTES = 2048
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
    """

    content: bytes
    plain_bytes: int
    gzipped_here: bool
    total: int
    next_url: str | None


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
    try:
        plain = body if gzipped_here else b"".join(unpacked(body, most_bytes))
    except (EOFError, zlib.error):
        raise answers.Undocumented("is not whole") from None
    except TooLarge:
        raise too_large(org, most_bytes) from None
    envelope = answers.envelope(_envelope(plain))
    content = gzip.compress(body, mtime=0) if gzipped_here else body
    return Page(content, len(plain), gzipped_here, envelope.total, envelope.next_path)


def _envelope(plain: bytes) -> object:
    """Reads what stands around the records.

    Salesforce puts it before them, so that the first bytes do; where they do not, the page is parsed whole.
    """
    head, found, _ = plain[:_ENVELOPE_BYTES].partition(b'"records"')
    if found and _ENDS_WITH_RECORDS.search(plain[-_ENVELOPE_BYTES:]):
        try:
            envelope = answers.parsed(head.rstrip().rstrip(b",") + b"}")
        except answers.Undocumented:
            envelope = None
        if isinstance(envelope, dict) and (envelope.get("done") is True or "nextRecordsUrl" in envelope):
            return envelope
    return answers.parsed(plain)
