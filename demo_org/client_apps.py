"""The OAuth usage of external client apps, as the Connect REST API lists it (`/apps/oauth/usage`, since 59.0)."""

from starlette.responses import JSONResponse, Response

from demo_org import refusals
from demo_org.refusals import Refusal
from demo_org.resources import Call

FIRST_VERSION = 59.0
PAGE_SIZE = 100
"""Entries of a page, unless `pageSize` asks for others (Connect REST API Developer Guide, OAuth Usage)."""

_IN_USE = """
    select "DeveloperName", "Id"
    from org."ExternalClientApplication"
    where left("Id", 15) in (
        select left(item."ApplicationId", 15)
        from org."OauthToken" as token
        join org."AppMenuItem" as item on token."AppMenuItemId" = item."Id"
    )
    order by "DeveloperName"
    limit $size offset $page * $size
"""


def usage(call: Call) -> Response:
    """Lists the external client apps that hold tokens."""
    if call.version < FIRST_VERSION:
        raise refusals.not_found()
    if "CustomizeApplication" not in call.session.reader.permissions:
        raise Refusal(403, "INSUFFICIENT_ACCESS", "insufficient access rights")
    parameters = call.request.query_params
    try:
        bounds = {"page": int(parameters.get("page", 0)), "size": int(parameters.get("pageSize", PAGE_SIZE))}
    except ValueError:
        raise Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", "page and pageSize are numbers") from None
    rows = call.org.content.cursor().execute(_IN_USE, bounds).fetchall()
    apps = [{"developerName": name, "identifier": identifier} for name, identifier in rows]
    return JSONResponse({"apps": apps, "nextPageUrl": None})
