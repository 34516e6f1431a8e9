"""Signing in to the demo org: `/services/oauth2/token`, `/services/oauth2/userinfo` and the identity URL.

Flows, success bodies and error words are Salesforce's (help, 'OAuth Authorization Flows' and 'OAuth 2.0 Error
Codes'; published sample answers). Unlike the data API, an error here is HTTP 400 with a JSON object.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import jwt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demo_org.org import Org, User, org_of, signed_in

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOST = "https://login.salesforce.com"
MAX_ASSERTION_SECONDS = 5 * 60
CLOCK_LEEWAY_SECONDS = 30
SCOPES = "refresh_token api"


class SignInRefused(Exception):
    """The token endpoint's no: OAuth's `error` and Salesforce's `error_description`."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description


async def token(request: Request) -> Response:
    """Exchanges credentials for an access token, by the flow that `grant_type` names."""
    org = org_of(request)
    try:
        if request.method != "POST":
            raise SignInRefused("invalid_request", "must use HTTP POST")
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        flow = FLOWS.get(form.get("grant_type", ""))
        if flow is None:
            raise SignInRefused("unsupported_grant_type", "grant type not supported")
        answer = await run_in_threadpool(flow, org, form, _basic_credentials(request))
    except SignInRefused as refused:
        answer, status = {"error": refused.error, "error_description": refused.description}, 400
    else:
        status = 200
    return JSONResponse(answer, status, headers={"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"})


def _client_credentials(org: Org, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, str]:
    client_id, client_secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    _check_client(org, client_id, client_secret)
    user = org.active_user(org.client_app.run_as)
    if user is None:
        raise SignInRefused("invalid_grant", "no client credentials user enabled")
    return _access(org, user) | _signature(org, user) | {"api_instance_url": org.url}


def _refresh_token(org: Org, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, str]:
    client_id, client_secret = basic or (form.get("client_id", ""), form.get("client_secret"))
    _check_client(org, client_id, client_secret)
    refreshed = org.approvals.refresh(form.get("refresh_token", ""))
    if refreshed is None:
        raise SignInRefused("invalid_grant", "expired access/refresh token")
    user_id, replacement = refreshed
    rotated = {"refresh_token": replacement} if replacement else {}
    return _by_approval(org, user_id) | rotated


def _authorization_code(org: Org, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, str]:
    client_id, client_secret = basic or (form.get("client_id", ""), form.get("client_secret"))
    _check_client(org, client_id, client_secret)
    try:
        request = org.approvals.redeem(form.get("code", ""))
    except LookupError:
        raise SignInRefused("invalid_grant", "invalid authorization code") from None
    if request is None:
        raise SignInRefused("invalid_grant", "expired authorization code")
    if form.get("redirect_uri") != request.redirect_uri:
        raise SignInRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
    _check_verifier(request.challenge, form.get("code_verifier", ""))
    return _by_approval(org, request.user_id) | {"refresh_token": org.approvals.approve(request.user_id)}


def _check_verifier(challenge: str, verifier: str) -> None:
    """Checks a code verifier (PKCE). Codes: REST API Developer Guide, OAuth 2.0 Web Server Flow, `code_challenge`."""
    if challenge and not verifier:
        raise SignInRefused("invalid_grant", "invalid code verifier")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    if challenge and not secrets.compare_digest(challenge.rstrip("=").encode(), digest):
        raise SignInRefused("invalid_request", "invalid code verifier")


def _by_approval(org: Org, user_id: str) -> dict[str, str]:
    user = org.user(user_id)
    if not user.is_active:
        raise SignInRefused("inactive_user", "user is inactive")
    return _access(org, user) | _signature(org, user)


def _jwt_bearer(org: Org, form: Mapping[str, str], _basic: tuple[str, str] | None) -> dict[str, str]:
    claims = _verified_claims(org, form.get("assertion", ""))
    user = org.active_user(str(claims["sub"]))
    if user is None:
        raise SignInRefused("invalid_grant", "user hasn't approved this consumer")
    return _access(org, user)


def _verified_claims(org: Org, assertion: str) -> dict[str, Any]:
    """Verifies an assertion: signature, issuer, audience, lifetime. Its times are real time, as its signer's are."""
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            org.client_app.public_key,
            algorithms=["RS256"],
            audience=[org.url, f"{org.url}/services/oauth2/token", LOGIN_HOST],
            options={"require": ["iss", "sub", "aud", "exp"]},
            leeway=CLOCK_LEEWAY_SECONDS,
        )
    except jwt.ExpiredSignatureError:
        raise SignInRefused("invalid_grant", "expired authorization code") from None
    except jwt.InvalidAudienceError:
        raise SignInRefused("invalid_grant", "Audience validation failed") from None
    except jwt.InvalidTokenError:
        raise SignInRefused("invalid_grant", "invalid assertion") from None
    if claims["iss"] != org.client_app.client_id:
        raise SignInRefused("invalid_client_id", "client identifier invalid")
    if claims["exp"] > time.time() + MAX_ASSERTION_SECONDS + CLOCK_LEEWAY_SECONDS:
        raise SignInRefused("invalid_grant", "invalid assertion")
    return claims


def _password(_org: Org, _form: Mapping[str, str], _basic: tuple[str, str] | None) -> dict[str, str]:
    """Refuses, as orgs made since Summer '23 do: 'Allow OAuth Username-Password Flows' is off."""
    raise SignInRefused("invalid_grant", "authentication failure")


Flow = Callable[[Org, Mapping[str, str], tuple[str, str] | None], dict[str, str]]
FLOWS: Mapping[str, Flow] = {
    "client_credentials": _client_credentials,
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    JWT_BEARER: _jwt_bearer,
    "password": _password,
}


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, client_secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise SignInRefused("invalid_client", "invalid client credentials") from None
    return unquote(client_id), unquote(client_secret)


def _check_client(org: Org, client_id: str, client_secret: str | None) -> None:
    """Checks a client's credentials; the refresh token flow does without the secret where none is sent."""
    if client_id != org.client_app.client_id:
        raise SignInRefused("invalid_client_id", "client identifier invalid")
    if client_secret is not None and not secrets.compare_digest(
        client_secret.encode(), org.client_app.client_secret.encode()
    ):
        raise SignInRefused("invalid_client", "invalid client credentials")


def _access(org: Org, user: User) -> dict[str, str]:
    return {
        "access_token": org.sign_in(user).token,
        "scope": SCOPES,
        "instance_url": org.url,
        "id": identity_url(org, user),
        "token_type": "Bearer",
    }


def _signature(org: Org, user: User) -> dict[str, str]:
    """Signs the identity URL and the moment, so that the client can tell that nobody changed them."""
    issued_at = str(int(org.clock.now().timestamp() * 1000))
    signed = f"{identity_url(org, user)}{issued_at}".encode()
    digest = hmac.new(org.client_app.client_secret.encode(), signed, hashlib.sha256).digest()
    return {"issued_at": issued_at, "signature": base64.b64encode(digest).decode()}


def identity_url(org: Org, user: User) -> str:
    """Returns the URL that tells who a user is."""
    return f"{org.url}/id/{org.org_id}/{user.id}"


def userinfo(request: Request) -> Response:
    """Tells who the access token's user is, in OpenID Connect's words."""
    session = signed_in(request)
    if session is None:
        return _bad_token()
    org = org_of(request)
    user = org.user(session.reader.user_id)
    return JSONResponse(
        {"sub": identity_url(org, user), "preferred_username": user.username, "name": user.name, "zoneinfo": "GMT"}
        | _about(org, user)
    )


def identity(request: Request) -> Response:
    """Tells who a user is, in Salesforce's own words; only the user itself may ask."""
    session = signed_in(request)
    org = org_of(request)
    asked = (request.path_params["org_id"], request.path_params["user_id"])
    if session is None or asked != (org.org_id, session.reader.user_id):
        return _bad_token()
    user = org.user(session.reader.user_id)
    return JSONResponse(
        {"id": identity_url(org, user), "asserted_user": True, "username": user.username, "display_name": user.name}
        | _about(org, user)
    )


def _bad_token() -> Response:
    """What the identity service says to an access token it does not know: no JSON, and 403 rather than 401."""
    return PlainTextResponse("Bad_OAuth_Token", 403)


def _about(org: Org, user: User) -> dict[str, Any]:
    data = f"{org.url}/services/data/v{{version}}"
    return {
        "user_id": user.id,
        "organization_id": org.org_id,
        "email": user.email,
        "active": user.is_active,
        "urls": {"rest": f"{data}/", "sobjects": f"{data}/sobjects/", "query": f"{data}/query/"},
    }


ROUTES = [
    Route("/services/oauth2/token", token, methods=["GET", "POST"]),
    Route("/services/oauth2/userinfo", userinfo, methods=["GET", "POST"]),
    Route("/id/{org_id}/{user_id}", identity, methods=["GET", "POST"]),
]
