"""Pages of query results as they came over the wire, and the little that has to be read from them.

A page is kept gzipped, byte for byte. It is unpacked once, to be sure that it is whole, and only its envelope
(`totalSize`, `done`, `nextRecordsUrl`) is looked at.
"""

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Any

import requests

from spendready_pipeline.errors import OrgError

_ENVELOPE_BYTES = 2048


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


def page_of(org: str, answer: requests.Response) -> Page:
    """Takes a page out of an answer whose body has not been decoded yet.

    Args:
        org: The org's name, for messages.
        answer: An answer to a query, asked for with `stream=True`.

    Raises:
        OrgError: It is not a page of query results.
    """
    body: bytes = answer.raw.read(decode_content=False)
    gzipped_here = answer.headers.get("Content-Encoding", "").lower() != "gzip"
    try:
        plain = body if gzipped_here else gzip.decompress(body)
        envelope = _envelope(plain)
        done, total, next_url = envelope["done"], int(envelope["totalSize"]), envelope.get("nextRecordsUrl")
    except (ValueError, KeyError, TypeError, EOFError, OSError, zlib.error):
        raise OrgError(f"{org}: Salesforce's answer is not a page of query results", "Run again") from None
    if not done and not isinstance(next_url, str):
        raise OrgError(f"{org}: Salesforce announced another page and did not say where it is", "Run again")
    content = gzip.compress(body, mtime=0) if gzipped_here else body
    return Page(content, len(plain), gzipped_here, total, None if done else next_url)


def _envelope(plain: bytes) -> dict[str, Any]:
    """Reads what stands around the records.

    Salesforce puts it before them, so that the first bytes do; where they do not, the page is parsed whole.
    """
    head, found, _ = plain[:_ENVELOPE_BYTES].partition(b'"records"')
    if found:
        try:
            envelope = json.loads(head.rstrip().rstrip(b",") + b"}")
        except ValueError:
            envelope = {}
        if "totalSize" in envelope and (envelope.get("done") is True or "nextRecordsUrl" in envelope):
            return dict(envelope)
    return dict(json.loads(plain))
