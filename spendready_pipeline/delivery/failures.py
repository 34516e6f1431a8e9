"""Why a delivery failed, worded without a URL, a response body or a secret."""

import socket
import ssl
from collections.abc import Iterator


class NotDeliveredError(Exception):
    """A destination did not accept a delivery.

    Args:
        reason: Why, in a few words of our own.
        certain: Whether nothing can have arrived, so that a retry makes no second copy.
        permanent: Whether the same message will be refused again until a person changes something.
    """

    def __init__(self, reason: str, certain: bool, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.certain = certain
        self.permanent = permanent


def connection_failure_reason(error: BaseException) -> str:
    """Returns why a connection failed, in a few words of our own."""
    chain = list(exception_chain(error))
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return "TLS failed, or its certificate is not valid"
    if any(isinstance(each, socket.gaierror) for each in chain):
        return "its host was not found"
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "nothing listens at its address"
    if any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        return "it did not answer in time"
    return f"the connection failed ({type(error).__name__})"


def exception_chain(error: object) -> Iterator[BaseException]:
    """Yields an error and all its causes; urllib3 keeps a cause in `reason`, requests in its arguments."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        each = pending.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        pending += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
