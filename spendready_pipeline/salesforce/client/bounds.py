"""Limits how much of an answer is read, and for how long, whatever the server does."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from isal import isal_zlib

_WIRE_BYTES = 256 * 1024
_GZIPPED_SLICE = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_GZIP = 31
"""zlib's window bits for a gzip stream."""
Damaged: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # isal declares no class
"""The error of unpacking bytes that are not gzip, or are damaged."""

_reading = threading.local()


class TooLarge(Exception):
    """There are more bytes than the limit."""


class Body(Protocol):
    """An unread body, as urllib3 has it."""

    def read(self, amt: int, decode_content: bool) -> bytes:
        """Returns at most `amt` bytes; none at the end."""


@contextmanager
def reading_until(moment: float) -> Iterator[None]:
    """Makes this thread's reads from a `DeadlineSocket` fail after a deadline.

    Args:
        moment: The deadline, in seconds of `time.monotonic`.
    """
    _reading.until = moment
    try:
        yield
    finally:
        _reading.until = None


class DeadlineSocket(ssl.SSLSocket):
    """A TLS socket whose reads end at the deadline of `reading_until`.

    A socket's own timeout restarts with every byte that arrives: one byte a minute would keep it busy forever.
    """

    def recv_into(self, buffer, nbytes=None, flags=0):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - ssl's
        """Reads like any socket, but not beyond the deadline.

        Raises:
            TimeoutError: The deadline has passed.
        """
        until = getattr(_reading, "until", None)
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            own = self.gettimeout()
            self.settimeout(left if own is None else min(own, left))
        return super().recv_into(buffer, nbytes, flags)


def read_at_most(body: Body, max_bytes: int) -> bytes:
    """Reads a body, still compressed.

    Raises:
        TooLarge: It has more than `max_bytes`.
    """
    content = bytearray()
    while chunk := body.read(_WIRE_BYTES, decode_content=False):
        content += chunk
        if len(content) > max_bytes:
            raise TooLarge
    return bytes(content)


def unpacked(gzipped: bytes, max_bytes: int) -> Iterator[bytes]:
    """Unpacks gzip in chunks.

    Args:
        gzipped: One gzip stream, or several in a row.
        max_bytes: The limit for all unpacked bytes.

    Raises:
        TooLarge: There are more bytes.
        Damaged: It is not gzip, or is damaged.
        EOFError: Its end is missing.
    """
    whole = memoryview(gzipped)
    unpacker = isal_zlib.decompressobj(_GZIP)
    size = 0
    for start in range(0, len(whole), _GZIPPED_SLICE):
        rest: bytes | memoryview = whole[start : start + _GZIPPED_SLICE]
        chunk = b""
        while rest or (len(chunk) == _CHUNK_BYTES and not unpacker.eof):
            if unpacker.eof:
                unpacker = isal_zlib.decompressobj(_GZIP)
            chunk = unpacker.decompress(rest, _CHUNK_BYTES)
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge
            yield chunk
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        raise EOFError
