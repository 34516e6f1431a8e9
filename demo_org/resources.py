"""What every resource of the data API has in common: version, session, permission, call limits, refusals.

A resource is a function from a `Call` to a response; it runs in a thread, so it may block on the database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from demo_org import refusals
from demo_org.org import Org, org_of, signed_in
from demo_org.refusals import Refusal
from demo_org.sessions import Session

OLDEST_VERSION, NEWEST_VERSION = 31, 67
"""Versions 21.0 to 30.0 were retired in Summer '25 (REST API Developer Guide, API End-of-Life Policy)."""
MAX_URI_BYTES = 16_384
_VERSION = re.compile(r"v(\d+)\.0")


@dataclass(frozen=True)
class Call:
    """One call of the data API by a user that is signed in.

    Attributes:
        request: The HTTP request.
        body: Its body.
        org: The org that it came to.
        session: The session of its access token.
        version: The API version that it asks for, e.g. 67.0.
    """

    request: Request
    body: bytes
    org: Org
    session: Session
    version: float

    @property
    def base(self) -> str:
        """The path of its API version, e.g. `/services/data/v67.0`."""
        return f"/services/data/v{self.version:.1f}"


Resource = Callable[[Call], Response]


def resource(path: str, **by_method: Resource) -> list[Route]:
    """Makes the routes of a resource.

    Args:
        path: Its path under `/services/data/vNN.0`; a slash at the end makes no difference, as in Salesforce.
        by_method: What answers to an HTTP method; HEAD goes with GET.
    """

    async def answer(request: Request) -> Response:
        return await _guarded(request, by_method)

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return [Route(f"/services/data/{{version}}{path}{slash}", answer, methods=methods) for slash in ("", "/")]


async def _guarded(request: Request, by_method: dict[str, Resource]) -> Response:
    """Answers a call, or refuses it as the platform does before any resource sees it."""
    org = org_of(request)
    if len(request.scope["raw_path"]) + len("?") + len(request.scope["query_string"]) > MAX_URI_BYTES:
        return HTMLResponse("<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", 414)
    try:
        version = served_version(request.path_params["version"])
        session = signed_in(request)
        if session is None:
            raise refusals.no_session()
    except Refusal as refusal:
        return refusals.response(refusal)
    try:
        call = Call(request, await request.body(), org, session, version)
        answer = await run_in_threadpool(_permitted(call, by_method), call)
    except Refusal as refusal:
        answer = refusals.response(refusal)
    answer.headers["Sforce-Limit-Info"] = f"api-usage={org.calls.used}/{org.calls.limit}"
    return answer


def _permitted(call: Call, by_method: dict[str, Resource]) -> Resource:
    if "ApiEnabled" not in call.session.reader.permissions:
        raise refusals.api_disabled()
    if not call.org.calls.take():
        raise refusals.limit_exceeded()
    method = "GET" if call.request.method == "HEAD" else call.request.method
    if method not in by_method:
        allowed = sorted(by_method.keys() | ({"HEAD"} if "GET" in by_method else set()))
        raise refusals.method_not_allowed(call.request.method, ",".join(allowed))
    return by_method[method]


def served_version(text: str) -> float:
    """Returns the API version of a path's `vNN.0`.

    Raises:
        Refusal: 410 for a retired one, 404 for one that never was or is yet to come.
    """
    match = _VERSION.fullmatch(text)
    if match is None or not 0 < int(match[1]) <= NEWEST_VERSION:
        raise refusals.not_found()
    if int(match[1]) < OLDEST_VERSION:
        raise refusals.gone()
    return float(match[1])


def version_label(version: int) -> str:
    """Returns the release that brought an API version: 31.0 was Summer '14, and three come a year."""
    years, season = divmod(version - OLDEST_VERSION + 2, 3)
    return f"{('Winter', 'Spring', 'Summer')[season]} '{14 + years:02}"
