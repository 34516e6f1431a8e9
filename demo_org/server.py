"""The demo org's web application: which resource answers at which path, and what stands around all of them."""

import logging

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_org import authorize, bulk, client_apps, oauth, queries, refusals, sobjects
from demo_org.clock import Clock, http_date
from demo_org.org import Org
from demo_org.refusals import Refusal
from demo_org.resources import (
    NEWEST_VERSION,
    OLDEST_VERSION,
    Call,
    resource,
    version_label,
)

GZIP_LEVEL = 3
"""A page of 2,000 records is compressed in 2 ms; the next level takes twice as long and saves a tenth."""
DAILY_BULK_QUERY_JOBS = 10_000

_log = logging.getLogger(__name__)


def app(org: Org) -> Starlette:
    """Makes the web application of an org."""
    application = Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(OrgDate, clock=org.clock),
            Middleware(GZipMiddleware, compresslevel=GZIP_LEVEL),
            Middleware(Unbroken),
        ],
        exception_handlers={HTTPException: _no_such_page},
    )
    application.router.redirect_slashes = False
    application.state.org = org
    return application


class OrgDate:
    """Middleware: the `Date` header tells the org's moment, which need not be this machine's."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its answer back with the header."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Date"] = http_date(self.clock.now())
            await send(message)

        await self.app(scope, receive, dated)


class Unbroken:
    """Middleware: what breaks inside is logged, and answered as an unknown exception.

    No exception handler of Starlette's: it raises the error again behind its answer, and uvicorn then closes the
    connection, under load before the answer is out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and answers it where nothing else does."""
        began = False

        async def noted(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            if began:
                raise
            _log.exception("%s %s cannot be answered", scope["method"], scope["path"])
            unknown = Refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")
            await refusals.response(unknown)(scope, receive, send)


def versions(_request: Request) -> Response:
    """Lists the API versions; the one resource of the data API that needs no sign-in and counts as no call."""
    return JSONResponse(
        [
            {"label": version_label(version), "url": f"/services/data/v{version}.0", "version": f"{version}.0"}
            for version in range(OLDEST_VERSION, NEWEST_VERSION + 1)
        ]
    )


def resources(call: Call) -> Response:
    """Lists the resources of an API version."""
    names = ("sobjects", "query", "queryAll", "limits", "jobs")
    paths = {name: f"{call.base}/{name}" for name in names}
    user = call.session.reader.user_id
    return JSONResponse(paths | {"identity": f"{call.org.url}/id/{call.org.org_id}/{user}"})


def limits(call: Call) -> Response:
    """Returns how much of the org's allocations is left."""
    if "ViewSetup" not in call.session.reader.permissions:
        raise Refusal(403, "INSUFFICIENT_ACCESS", "You need the View Setup and Configuration permission")
    calls, jobs = call.org.calls, len(call.org.jobs.all())
    return JSONResponse(
        {
            "DailyApiRequests": {"Max": calls.limit, "Remaining": calls.limit - calls.used},
            "DailyBulkV2QueryJobs": {"Max": DAILY_BULK_QUERY_JOBS, "Remaining": DAILY_BULK_QUERY_JOBS - jobs},
        }
    )


def nothing(_call: Call) -> Response:
    """Answers for every path that an org might have and this one does not."""
    raise refusals.not_found()


def _no_such_page(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return HTMLResponse("<html><head><title>URL No Longer Exists</title></head><body></body></html>", status)


ROUTES: list[BaseRoute] = [
    *oauth.ROUTES,
    *authorize.ROUTES,
    Route("/services/data", versions),
    Route("/services/data/", versions),
    *resource("", GET=resources),
    *resource("/limits", GET=limits),
    *resource("/apps/oauth/usage", GET=client_apps.usage),
    *resource("/query", GET=queries.query),
    *resource("/queryAll", GET=queries.query_all),
    *resource("/query/{locator}", GET=queries.query_more),
    *sobjects.ROUTES,
    *bulk.ROUTES,
    *resource("/{path:path}", **dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), nothing)),
]
