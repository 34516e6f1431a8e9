"""Why something did not arrive, said without a URL, an answer's text or a secret."""

import socket
import ssl
from collections.abc import Iterator


class NotDeliveredError(Exception):
    """A destination did not take what was sent.

    Args:
        reason: Why, in a few words of ours.
        certain: Whether nothing can have arrived, so that trying again makes no second copy.
        permanent: Whether the same message will be refused again, until a person changes something.
    """

    def __init__(self, reason: str, certain: bool, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.certain = certain
        self.permanent = permanent


def reason_of(error: BaseException) -> str:
    """Why a connection failed, in a few words of ours."""
    chain = list(chain_of(error))
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return "its certificate, or TLS with it, failed"
    if any(isinstance(each, socket.gaierror) for each in chain):
        return "its host is not known"
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "nothing listens at its address"
    if any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        return "it did not answer in time"
    return f"the connection failed ({type(error).__name__})"


def chain_of(error: object) -> Iterator[BaseException]:
    """The error and all that it came from; urllib3 keeps its cause in `reason`, requests in its arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
