"""Signing in: an access token from the org itself, by the flow that `spendready.yml` names.

The token is asked for at `instance_url` and sent nowhere else. Salesforce's answer names the org's URL, too; where
that differs, `instance_url` still holds (the host that gave the token is the one that gets it back), except at
Salesforce's common sign-in hosts, which serve no data: there the answer's URL is what the user has to write.
A refused sign-in is never repeated: some refusals count towards locking the user (Salesforce Help, OAuth error codes).
"""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.guard import TOKEN_PATH, Origin
from spendready_pipeline.salesforce.refusals import OrgRefusal
from spendready_pipeline.salesforce.session import OrgSession
from spendready_pipeline.settings import JwtBearer, OrgSettings

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFETIME = timedelta(minutes=3)
"""Salesforce accepts at most five minutes (Help, OAuth 2.0 JWT Bearer Flow)."""
SIGN_IN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
SF_CLI_SECONDS = 60


@dataclass(frozen=True)
class SignedIn:
    """What a sign-in gave.

    Attributes:
        token: The access token; a secret.
        user_id: Who signed in, where the answer said so.
    """

    token: str = field(repr=False)
    user_id: str | None = None


def sign_in(org: OrgSettings, session: OrgSession) -> SignedIn:
    """Gets an access token.

    Args:
        org: The org's settings.
        session: The session with that org; it is not changed.

    Raises:
        OrgError: Salesforce refused, could not be reached, or the credentials are of another org.
        ConfigurationError: The private key or the Salesforce CLI cannot be used.
    """
    auth = org.auth
    match auth.flow:
        case "client_credentials":
            form = {"grant_type": "client_credentials", "client_secret": auth.client_secret.get_secret_value()}
        case "jwt_bearer":
            form = {"grant_type": JWT_BEARER, "assertion": _assertion(org.name, auth, session.origin)}
        case "refresh_token":
            form = {"grant_type": "refresh_token", "refresh_token": auth.refresh_token.get_secret_value()}
            if auth.client_secret:
                form["client_secret"] = auth.client_secret.get_secret_value()
        case "access_token":
            return SignedIn(auth.access_token.get_secret_value())
        case "sf_cli":
            return _from_sf_cli(org.name, auth.alias, session.origin)
    return _ask_for_token(session, form | {"client_id": auth.client_id})


def _ask_for_token(session: OrgSession, form: dict[str, str]) -> SignedIn:
    try:
        answer = session.post(f"{session.origin}{TOKEN_PATH}", data=form, headers={"Accept": "application/json"})
    except OrgRefusal as refused:
        raise _explained(session.org, refused) from None
    granted = _object(answer.content)
    token = granted.get("access_token")
    if not isinstance(token, str) or not token:
        raise OrgError(f"{session.org}: {session.origin} answered without an access token", "Check instance_url")
    theirs = Origin.of(str(granted.get("instance_url", "")))
    if session.origin.host in SIGN_IN_HOSTS and theirs != session.origin:
        raise OrgError(
            f"{session.org}: {session.origin} only signs in, the org is elsewhere",
            f"Write instance_url: {theirs or 'the My Domain URL of Setup'}",
        )
    return SignedIn(token, _user_of(str(granted.get("id", ""))))


def _user_of(identity_url: str) -> str | None:
    """Takes the user's Id from an identity URL, `https://login.salesforce.com/id/<org>/<user>`; it is never called."""
    last = identity_url.rstrip("/").rpartition("/")[2]
    return last if last.startswith("005") else None


def _assertion(org: str, auth: JwtBearer, origin: Origin) -> str:
    """Signs the claim that a client app acts for a user (Help, OAuth 2.0 JWT Bearer Flow)."""
    claims = {
        "iss": auth.client_id,
        "sub": auth.username,
        "aud": auth.audience or audience_of(origin),
        "exp": int((datetime.now(UTC) + ASSERTION_LIFETIME).timestamp()),
    }
    remedy = "Name the PEM file of the private key whose certificate the client app has, without a passphrase"
    try:
        return jwt.encode(claims, auth.private_key_file.read_bytes(), algorithm="RS256")
    except OSError:
        raise ConfigurationError(f"{org}: private_key_file cannot be read", remedy) from None
    except (ValueError, TypeError, jwt.exceptions.PyJWTError):
        raise ConfigurationError(f"{org}: private_key_file holds no usable RSA private key", remedy) from None


def audience_of(origin: Origin) -> str:
    """Gives the audience that a host expects: the sign-in host of production or sandboxes, else its own URL."""
    if not origin.host.endswith(".salesforce.com"):
        return str(origin)
    sandbox = origin.host == "test.salesforce.com" or ".sandbox.my." in origin.host or "--" in origin.host
    return "https://test.salesforce.com" if sandbox else "https://login.salesforce.com"


def _from_sf_cli(org: str, alias: str, origin: Origin) -> SignedIn:
    """Takes the access token that the Salesforce CLI holds for an alias."""
    program = shutil.which("sf")
    if program is None:
        raise ConfigurationError(f"{org}: flow sf_cli needs the Salesforce CLI, and there is no sf on the PATH")
    command = [str(Path(program).absolute()), "org", "display", "--json", "--target-org", alias]
    remedy = f"Sign in again: sf org login web --alias {alias}"
    try:
        done = subprocess.run(command, capture_output=True, timeout=SF_CLI_SECONDS, check=False)  # noqa: S603 - no shell
    except (OSError, subprocess.TimeoutExpired):
        raise OrgError(f"{org}: the Salesforce CLI could not be run", remedy) from None
    result = _object(done.stdout).get("result")
    shown = result if isinstance(result, dict) else {}
    token = str(shown.get("accessToken") or "")
    if "!" not in token:  # access tokens begin with the org's Id and '!'; the CLI may show a placeholder
        raise OrgError(f"{org}: the Salesforce CLI gives no access token for {alias}", remedy)
    theirs = Origin.of(str(shown.get("instanceUrl", "")))
    if theirs != origin:
        raise OrgError(
            f"{org}: the Salesforce CLI's {alias} is an org at {theirs}, not at {origin}",
            "Name the alias of this org, or correct instance_url",
        )
    return SignedIn(token)


def _object(text: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


_REMEDIES: tuple[tuple[str, str, str, str], ...] = (
    # code, what the detail contains, what happened, what to do
    ("invalid_client_id", "", "the client id is unknown", "Copy the consumer key of the client app"),
    (
        "invalid_client",
        "installed",
        "the client app is not installed in the org",
        "Install it in Setup, then try again",
    ),
    ("invalid_client", "", "the client secret is wrong", "Copy the consumer secret of the client app"),
    (
        "invalid_grant",
        "client credentials user",
        "the client app has no run-as user",
        "In the app's policies enable the client credentials flow and choose the user that it runs as",
    ),
    (
        "invalid_grant",
        "hasn't approved",
        "the user has not approved the client app",
        "Pre-authorise the app for the user: permitted users 'Admin approved', with a permission set of the user",
    ),
    ("invalid_grant", "audience", "the audience is wrong", "Set auth.audience to the URL at which the user signs in"),
    ("invalid_grant", "expired access/refresh", "the refresh token has ended", "Approve the app again for a new one"),
    ("invalid_grant", "assertion", "the assertion is not valid", "The key must belong to the app's certificate"),
    ("invalid_grant", "expired authorization", "the assertion has expired", "Set this machine's clock"),
    ("invalid_grant", "locked", "the user is locked out", "Unlock the user in Setup, then correct the credentials"),
    ("invalid_grant", "", "the credentials are not accepted", "See the user's Login History in Setup for the reason"),
    ("inactive_user", "", "the user is inactive", "Choose an active user for the client app"),
    ("inactive_org", "", "the org is inactive", "Ask Salesforce why it is locked or was closed"),
    (
        "unsupported_grant_type",
        "",
        "the client app does not allow this flow",
        "Enable the flow in the client app's OAuth settings, and use the org's My Domain as instance_url",
    ),
    (
        "invalid_app_access",
        "",
        "the user may not use the client app",
        "Assign the permission set or profile that pre-authorises the app to the user",
    ),
)


def _explained(org: str, refused: OrgRefusal) -> OrgError:
    """Says what a refusal of the token endpoint means (Help, OAuth 2.0 Error Codes), in words of our own."""
    for code, contained, what, remedy in _REMEDIES:
        if refused.code == code and contained in refused.detail.lower():
            return OrgError(f"{org}: sign-in was refused, {what} ({code})", remedy)
    if refused.status >= 500:
        return refused
    said = refused.code or f"HTTP {refused.status}"
    return OrgError(f"{org}: sign-in was refused ({said})", "Check instance_url and auth; see the user's Login History")
