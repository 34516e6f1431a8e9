"""How much of an answer is read, and until when, whatever its sender does."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from isal import isal_zlib

_WIRE_BYTES = 256 * 1024
_GZIPPED_SLICE = 64 * 1024
_PLAIN_PIECE = 1024 * 1024
_GZIP = 31
"""zlib's window bits for a gzip stream."""
Damaged: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # isal declares no class
"""What unpacking raises where bytes are not gzip, or not what was packed."""

_reading = threading.local()


class TooLarge(Exception):
    """There are more bytes than may be read."""


class Body(Protocol):
    """A body that has not been read yet, as urllib3 gives it."""

    def read(self, amt: int, decode_content: bool) -> bytes:
        """Gives at most `amt` bytes; none at the end."""


@contextmanager
def reading_until(moment: float) -> Iterator[None]:
    """Lets this thread's reads from a `DeadlineSocket` fail from a moment on.

    Args:
        moment: In seconds of `time.monotonic`.
    """
    _reading.until = moment
    try:
        yield
    finally:
        _reading.until = None


class DeadlineSocket(ssl.SSLSocket):
    """A TLS socket whose reads end at the moment of `reading_until`.

    A socket's own timeout begins again with every byte that arrives: one byte every minute would keep it busy for ever.
    """

    def recv_into(self, buffer, nbytes=None, flags=0):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - ssl's
        """Reads as any socket, but not beyond the moment.

        Raises:
            TimeoutError: The moment has come.
        """
        until = getattr(_reading, "until", None)
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            own = self.gettimeout()
            self.settimeout(left if own is None else min(own, left))
        return super().recv_into(buffer, nbytes, flags)


def read_at_most(body: Body, most: int) -> bytes:
    """Reads a body as it comes, still compressed.

    Args:
        body: The body.
        most: How many bytes it may have.

    Raises:
        TooLarge: It has more.
    """
    content = bytearray()
    while piece := body.read(_WIRE_BYTES, decode_content=False):
        content += piece
        if len(content) > most:
            raise TooLarge
    return bytes(content)


def unpacked(gzipped: bytes, most: int) -> Iterator[bytes]:
    """Unpacks gzip, a piece at a time.

    Args:
        gzipped: One gzip stream, or several on end.
        most: How many bytes there may be in all, once unpacked.

    Raises:
        TooLarge: There are more.
        Damaged: It is not gzip, or is damaged.
        EOFError: Its end is missing.
    """
    whole = memoryview(gzipped)
    unpacker = isal_zlib.decompressobj(_GZIP)
    size = 0
    for start in range(0, len(whole), _GZIPPED_SLICE):
        rest: bytes | memoryview = whole[start : start + _GZIPPED_SLICE]
        piece = b""
        while rest or (len(piece) == _PLAIN_PIECE and not unpacker.eof):
            if unpacker.eof:
                unpacker = isal_zlib.decompressobj(_GZIP)
            piece = unpacker.decompress(rest, _PLAIN_PIECE)
            size += len(piece)
            if size > most:
                raise TooLarge
            yield piece
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        raise EOFError
