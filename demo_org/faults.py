"""Things that go wrong on purpose, for tests: a middleware around the honest server, which knows nothing of it.

Also keeps the list of requests that came in, so that a test can say what went over the wire.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_org.refusals import Refusal, response

TOKEN_ENDPOINT = "/services/oauth2/token"  # noqa: S105 - a path
KEPT_REQUESTS = 100_000

EDGE_PAGE = (
    "<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body>Down for maintenance</body></html>"
)


class Recorded(NamedTuple):
    """A request as it came: method, decoded path with query, and the status it was answered with (0: none)."""

    method: str
    path: str
    status: int


@dataclass
class Fault:
    """A rule: what goes wrong, at which requests.

    Attributes:
        path_prefix: Requests whose path begins so are counted ...
        containing: ... if their decoded path and query contain this, e.g. `FROM OauthToken`.
        nth: The first counted request that goes wrong, from 1.
        times: How many in a row go wrong.
        status: Answers with this status instead of asking the org.
        error_code: The `errorCode` of that answer.
        message: The `message` of that answer.
        html: That answer is an HTML page, as Salesforce Edge sends.
        headers: Further headers of that answer, e.g. `{"Retry-After": "1"}`.
        delay_seconds: Waits before anything else.
        end_sessions: Ends every session first: the request meets 401, its locators are dead.
        sql: Runs on the org's content first: rows change between two requests.
        without_headers: Takes these headers from the org's answer, in lower case.
        drop: Breaks the connection half-way through the answer.
        stop: Stops the whole server instead of answering.
    """

    path_prefix: str = "/"
    containing: str = ""
    nth: int = 1
    times: int = 1
    status: int | None = None
    error_code: str = "SERVER_UNAVAILABLE"
    message: str = "The server is unavailable"
    html: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    end_sessions: bool = False
    sql: str = ""
    without_headers: frozenset[str] = frozenset()
    drop: bool = False
    stop: bool = False
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, target: str) -> bool:
        """Counts a request (its decoded path with query) where the rule concerns it, and says whether it goes wrong."""
        if not target.startswith(self.path_prefix) or self.containing not in target:
            return False
        with self._lock:
            self._seen += 1
            return self.nth <= self._seen < self.nth + self.times


class ConnectionDropped(Exception):
    """Breaks the connection."""


@dataclass
class FaultyWire:
    """Middleware between the wire and the honest server.

    Attributes:
        app: The honest server.
        faults: The rules.
        end_sessions: Ends every session of the org.
        run_sql: Runs a statement on the org's content.
        stop: Stops the server.
        requests: What came in, oldest first.
    """

    app: ASGIApp
    faults: Sequence[Fault]
    end_sessions: Callable[[], None]
    run_sql: Callable[[str], None]
    stop: Callable[[], None]
    requests: deque[Recorded] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or makes it go wrong."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        target = unquote_plus(scope["raw_path"].decode() + ("?" + scope["query_string"].decode()).rstrip("?"))
        status = 0

        async def recorded(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._answer([each for each in self.faults if each.strikes(target)], scope, receive, recorded)
        finally:
            self.requests.append(Recorded(scope["method"], target, status))

    async def _answer(self, faults: Sequence[Fault], scope: Scope, receive: Receive, send: Send) -> None:
        for fault in faults:
            await self._before(fault)
        refusal = next((fault for fault in faults if fault.status is not None), None)
        app: ASGIApp = _refusal(refusal) if refusal else self.app
        hidden = frozenset().union(*(fault.without_headers for fault in faults))
        if any(fault.drop for fault in faults):
            send = _dropping(send)
        await app(scope, receive, _without_headers(send, hidden) if hidden else send)

    async def _before(self, fault: Fault) -> None:
        await asyncio.sleep(fault.delay_seconds)
        if fault.end_sessions:
            self.end_sessions()
        if fault.sql:
            await run_in_threadpool(self.run_sql, fault.sql)
        if fault.stop:
            self.stop()
            raise ConnectionDropped


def _refusal(fault: Fault) -> ASGIApp:
    status = fault.status or 503
    if fault.html:
        return HTMLResponse(EDGE_PAGE, status, fault.headers)
    if fault.path_prefix.startswith(TOKEN_ENDPOINT):  # its errors are an object, those of the data API an array
        answer = JSONResponse({"error": fault.error_code, "error_description": fault.message}, status)
    else:
        answer = response(Refusal(status, fault.error_code, fault.message))
    answer.headers.update(fault.headers)
    return answer


def _without_headers(send: Send, hidden: frozenset[str]) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.decode().lower() not in hidden]
            message = {**message, "headers": kept}
        await send(message)

    return sender


def _dropping(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise ConnectionDropped
        await send(message)

    return sender
