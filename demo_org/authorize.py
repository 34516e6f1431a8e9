"""The demo org's authorization endpoint: `/services/oauth2/authorize`, with a sign-in page and a page of consent.

Parameters, checks and answers are Salesforce's (Help, 'OAuth 2.0 Web Server Flow' and 'OAuth 2.0 Authorization
Errors'): what is wrong with the client or its callback URL is shown in the browser, everything else is brought to the
callback URL. The pages are the demo org's own, and plainer than Salesforce's.
"""

import html
import secrets
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from demo_org import approvals
from demo_org.org import Org, org_of

AUTHORIZE = "/services/oauth2/authorize"
CONSENT = "/setup/secur/RemoteAccessAuthorizationPage.apexp"
OFFERED_SCOPES = frozenset({"api", "refresh_token", "offline_access"})
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | Demo org</title></head>
<body><h1>{title}</h1>{content}</body></html>
"""
_LOGIN = """<p>{message}</p><form method="post" action="{action}">
<input type="hidden" name="request" value="{key}">
<label>Username <input name="username" value="{username}" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Log In</button></form>"""
_CONSENT = """<p>{app} is asking to: Manage user data via APIs; Perform requests at any time.</p>
<p>You are signed in as {username}.</p><form method="post" action="{action}">
<input type="hidden" name="request" value="{key}">
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form>"""


def authorize(request: Request) -> Response:
    """Begins a sign-in: checks what the client asks for, and shows the sign-in page."""
    org, asked = org_of(request), dict(request.query_params)
    if asked.get("client_id") != org.client_app.client_id:
        return _error_page("invalid_client_id", "client identifier invalid")
    redirect_uri = asked.get("redirect_uri", "")
    if redirect_uri not in org.client_app.callback_urls:
        return _error_page("redirect_uri_mismatch", "redirect_uri must match configuration")
    wanted = approvals.Request(redirect_uri, asked.get("state"), asked.get("code_challenge", ""))
    if asked.get("response_type") != "code":
        return _back(wanted, error="unsupported_response_type", error_description="response type not supported")
    if not set(asked.get("scope", "api").split()) <= OFFERED_SCOPES:
        description = "the requested scope is invalid, unknown, or malformed"
        return _back(wanted, error="invalid_scope", error_description=description)
    return _login_page(org, org.approvals.ask(wanted))


async def log_in(request: Request) -> Response:
    """Takes a username and password, and shows the page of consent."""
    org, form = org_of(request), await _form(request)
    wanted = org.approvals.take_request(form.get("request", ""))
    if wanted is None:
        return _error_page("invalid_request", "the sign-in has expired")
    user = await run_in_threadpool(org.active_user, form.get("username", ""))
    if user is None or not secrets.compare_digest(form.get("password", "").encode(), org.client_app.password.encode()):
        return _login_page(org, org.approvals.ask(wanted), "Please check your username and password.")
    key = org.approvals.ask(replace(wanted, user_id=user.id))
    names = {"app": "SpendReady", "username": html.escape(user.username), "action": CONSENT, "key": key}
    return HTMLResponse(_PAGE.format(title="Allow Access?", content=_CONSENT.format(**names)))


async def decide(request: Request) -> Response:
    """Takes the user's decision, and sends the browser back to the client with it."""
    org, form = org_of(request), await _form(request)
    wanted = org.approvals.take_request(form.get("request", ""))
    if wanted is None or not wanted.user_id:
        return _error_page("invalid_request", "the sign-in has expired")
    if form.get("decision") != "allow":
        return _back(wanted, error="access_denied", error_description="end-user denied authorization")
    return _back(wanted, code=org.approvals.issue_code(wanted))


async def _form(request: Request) -> Mapping[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _login_page(org: Org, key: str, message: str = "Log in to let SpendReady use this org.") -> Response:
    values = {"message": message, "action": AUTHORIZE, "key": key, "username": html.escape(org.client_app.run_as)}
    return HTMLResponse(_PAGE.format(title="Login", content=_LOGIN.format(**values)))


def _error_page(error: str, description: str) -> Response:
    """What is wrong with the client: shown here, since the callback URL may be anybody's."""
    return PlainTextResponse(f"error={error}&error_description={quote(description)}", 400)


def _back(wanted: approvals.Request, **answer: str) -> Response:
    if wanted.state is not None:
        answer["state"] = wanted.state
    return RedirectResponse(f"{wanted.redirect_uri}?{urlencode(answer)}", 302)


ROUTES = [
    Route(AUTHORIZE, authorize, methods=["GET"]),
    Route(AUTHORIZE, log_in, methods=["POST"]),
    Route(CONSENT, decide, methods=["POST"]),
]
