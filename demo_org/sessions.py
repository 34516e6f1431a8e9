"""Who is signed in to the demo org: access tokens, their users and their idle lifetime.

Session time is real time, not the org's clock: a clock that stands still must not keep a session alive.
"""

import secrets
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from demo_org.soql.engine import Reader

IDLE_SECONDS = 2 * 60 * 60
"""Session timeout that a new org has in Setup: two hours without a call."""
_TOKEN_ALPHABET = string.ascii_letters + string.digits + "._"


@dataclass
class Session:
    """One access token at work.

    Attributes:
        token: The access token, `00D...!...`.
        reader: Its user and what that user may.
        last_used: The moment of its last call, in seconds of the store's clock.
    """

    token: str
    reader: Reader
    last_used: float


@dataclass
class Sessions:
    """The live sessions of one org; safe to use from several threads.

    Attributes:
        org_id: The org's Id; its first 15 characters begin every access token.
        idle_seconds: How long a session lives without a call.
        clock: Seconds that go by; real time unless a test says otherwise.
    """

    org_id: str
    idle_seconds: float = IDLE_SECONDS
    clock: Callable[[], float] = time.monotonic
    _live: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, reader: Reader) -> Session:
        """Starts a session for a user that has just signed in."""
        secret = "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(96))
        session = Session(f"{self.org_id[:15]}!{secret}", reader, self.clock())
        with self._lock:
            self._live[session.token] = session
        return session

    def find(self, token: str) -> Session | None:
        """Returns the live session of an access token and prolongs it; None where there is none, or it idled away."""
        with self._lock:
            session = self._live.get(token)
            if session is None:
                return None
            now = self.clock()
            if now - session.last_used > self.idle_seconds:
                del self._live[token]
                return None
            session.last_used = now
            return session

    def end_all(self) -> None:
        """Ends every session, as an admin's 'remove all sessions' does."""
        with self._lock:
            self._live.clear()
