"""What users have approved: authorization codes and refresh tokens, as long as each is good.

A code is good for 15 minutes and one exchange (Salesforce Help, 'OAuth 2.0 Web Server Flow'). A user has at most five
approvals of an app, the sixth revokes the oldest (Help, 'Manage OAuth Access Policies'). With refresh token rotation
each exchange replaces the token, and a token that is used again revokes its successors (Help 005316711).
All times are real time, not the org's clock: a clock that stands still must not keep a code alive.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CODE_SECONDS = 15 * 60
MAX_APPROVALS = 5


@dataclass(frozen=True)
class Request:
    """An authorization request that a user is deciding on.

    Attributes:
        redirect_uri: Where the answer goes.
        state: What the answer repeats; None where the client sent none.
        challenge: The code challenge (S256); empty where the client sent none.
        user_id: Who has signed in; empty before.
    """

    redirect_uri: str
    state: str | None
    challenge: str
    user_id: str = ""


@dataclass(frozen=True)
class _Code:
    request: Request
    issued_at: float


@dataclass
class _Approval:
    """One approval: its refresh token, and those that came before it where tokens rotate."""

    user_id: str
    token: str
    replaced: set[str] = field(default_factory=set)


@dataclass
class Approvals:
    """The approvals of the client app; safe to use from several threads.

    Attributes:
        rotates: Whether a refresh token is replaced whenever it is used.
        code_seconds: How long an authorization code is good.
        clock: Seconds that go by; real time unless a test says otherwise.
    """

    rotates: bool = False
    code_seconds: float = CODE_SECONDS
    clock: Callable[[], float] = time.monotonic
    _requests: dict[str, Request] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _used_codes: set[str] = field(default_factory=set)
    _approvals: list[_Approval] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: Request) -> str:
        """Keeps a request until it is decided, and gives the key of its pages."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._requests[key] = request
        return key

    def take_request(self, key: str) -> Request | None:
        """Returns the request of a key, once; None where there is none."""
        with self._lock:
            return self._requests.pop(key, None)

    def issue_code(self, request: Request) -> str:
        """Returns an authorization code for a request that its user has approved."""
        code = f"aPrx{secrets.token_urlsafe(48)}=="
        with self._lock:
            self._codes[code] = _Code(request, self.clock())
        return code

    def redeem(self, code: str) -> Request | None:
        """Returns the request of a code, once; None where the code was used before, or is too old.

        Raises:
            LookupError: There was never such a code.
        """
        with self._lock:
            issued = self._codes.pop(code, None)
            if issued is None:
                if code in self._used_codes:
                    return None
                raise LookupError(code)
            self._used_codes.add(code)
            return issued.request if self.clock() - issued.issued_at <= self.code_seconds else None

    def approve(self, user_id: str, token: str = "") -> str:
        """Notes an approval, and gives its refresh token."""
        approval = _Approval(user_id, token or _new_token())
        with self._lock:
            self._approvals.append(approval)
            of_user = [each for each in self._approvals if each.user_id == user_id]
            for oldest in of_user[:-MAX_APPROVALS]:
                self._approvals.remove(oldest)
        return approval.token

    def refresh(self, token: str) -> tuple[str, str | None] | None:
        """Returns the user of a refresh token, and the token that replaces it where tokens rotate.

        Returns:
            None where the token is unknown, was revoked, or was replaced before: then its successor is revoked, too.
        """
        with self._lock:
            for approval in list(self._approvals):
                if secrets.compare_digest(approval.token.encode(), token.encode()):
                    if not self.rotates:
                        return approval.user_id, None
                    approval.replaced.add(approval.token)
                    approval.token = _new_token()
                    return approval.user_id, approval.token
                if token in approval.replaced:
                    self._approvals.remove(approval)
        return None


def _new_token() -> str:
    return f"5Aep861{secrets.token_urlsafe(48)}"
