"""What the errors of the token endpoint mean, and what to do about each.

Codes and descriptions: Salesforce Help, 'OAuth 2.0 Authorization Errors', and public bug reports for those that Help
lacks. A description may quote what was sent, so only texts listed here are ever shown.
"""

import re
from typing import NamedTuple

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import OrgUnavailable, SalesforceApiError


class _Kind(NamedTuple):
    """A kind of error: its code, what its description contains, what happened, what to do."""

    code: str
    contains: str
    what: str
    remediation: str


_NOT_INSTALLED = (
    "the client app is not installed in this org",
    "Check that the consumer key belongs to an app of this org, and install or create the app there: a refreshed "
    "sandbox loses its external client apps. Login History has no row for this attempt",
)
_MY_DOMAIN = (
    "the sign-in does not work at this address",
    "Set instance_url to the org's My Domain address, https://<name>.my.salesforce.com (Setup, My Domain), not to "
    "login.salesforce.com, test.salesforce.com or a *.force.com site",
)
_ADDRESS_REFUSED = (
    "this machine's network address, or the time of day, is not allowed",
    "Allow the public address of this machine or its proxy: login IP ranges and login hours of the user's profile, IP "
    "relaxation in the app's policies. The user's Login History shows the address that Salesforce saw",
)
_TOO_OFTEN = (
    "the user has signed in too often within the hour",
    "Wait an hour. The user's Login History shows what signs in so often",
)
_CLIENT_ID = ("the client id is unknown", "Copy the consumer key of the client app")
_VERIFIER = ("the code verifier does not match", "Run spendready login again, and let it finish before the next")

_KINDS: tuple[_Kind, ...] = (
    _Kind("app_not_found", "", *_NOT_INSTALLED),  # forcedotcom/cli issue 3482
    _Kind("OAUTH_EC_APP_NOT_FOUND", "", *_NOT_INSTALLED),  # PipedreamHQ/pipedream issue 21557
    _Kind("", "not installed in this org", *_NOT_INSTALLED),
    _Kind("invalid_client_id", "", *_CLIENT_ID),
    _Kind("invalid_client", "installed", *_NOT_INSTALLED),
    _Kind("invalid_client", "client identifier", *_CLIENT_ID),  # salesforce-jwt-bearer-token-flow issue 4
    _Kind("invalid_client", "", "the client secret is wrong", "Copy the consumer secret of the client app"),
    _Kind(
        "invalid_grant",
        "client credentials user",
        "the client app has no run-as user",
        "In the app's policies, enable the client credentials flow and choose the run-as user",
    ),
    _Kind(
        "invalid_grant",
        "hasn't approved",
        "the user has not approved the client app",
        "Pre-authorize the app for the user: permitted users 'Admin approved', with a permission set of the user",
    ),
    _Kind("invalid_grant", "not supported on this domain", *_MY_DOMAIN),  # pozil/pub-sub-api-node-client issue 58
    _Kind("invalid_grant", "ip restricted", *_ADDRESS_REFUSED),
    _Kind("invalid_grant", "login rate exceeded", *_TOO_OFTEN),  # restforce issue 412
    _Kind("rate_limit_exceeded", "", *_TOO_OFTEN),
    _Kind("invalid_grant", "audience", "the audience is wrong", "Set auth.audience to the URL where the user signs in"),
    _Kind(
        "invalid_grant",
        "expired access/refresh",
        "the refresh token has expired, was revoked, or was replaced",
        "Approve the app again for a new one (spendready login). If only the first sign-in works, refresh token "
        "rotation is on: use flow browser, jwt_bearer or client_credentials",
    ),
    _Kind("invalid_grant", "assertion", "the assertion is not valid", "The key must belong to the app's certificate"),
    _Kind(
        "invalid_grant",
        "authorization code",
        "the assertion or the authorization code has expired",
        "Correct this machine's clock, then sign in again",
    ),
    _Kind("invalid_request", "code verifier", *_VERIFIER),
    _Kind("invalid_grant", "code verifier", *_VERIFIER),
    _Kind(
        "invalid_grant", "locked", "the user is locked out", "Unlock the user in Setup, then correct the credentials"
    ),
    _Kind("invalid_grant", "inactive user", "the user is inactive", "Choose an active user for the client app"),
    _Kind("invalid_grant", "inactive org", "the org is inactive", "Ask Salesforce why it was locked or closed"),
    _Kind("invalid_grant", "", "the credentials are not accepted", "See the user's Login History for the reason"),
    _Kind("inactive_user", "", "the user is inactive", "Choose an active user for the client app"),
    _Kind("inactive_org", "", "the org is inactive", "Ask Salesforce why it was locked or closed"),
    _Kind(
        "unsupported_grant_type",
        "",
        "the client app does not allow this flow at this address",
        "Enable the flow in the client app's OAuth settings, and use the org's My Domain address as instance_url",
    ),
    _Kind(
        "invalid_app_access",
        "",
        "the user may not use the client app",
        "Assign the permission set or profile that pre-authorizes the app to the user",
    ),
    _Kind(
        "redirect_uri_mismatch",
        "",
        "the callback URL is not one of the client app's",
        "Add the callback URL that spendready login prints to the app, character for character",
    ),
    _Kind(
        "invalid_scope",
        "",
        "the client app does not offer the scopes api and refresh_token",
        "Select both in the app: 'Manage user data via APIs' and 'Perform requests at any time'",
    ),
    _Kind("access_denied", "", "the sign-in was denied in the browser", "Sign in again and choose Allow"),
    _Kind(
        "unknown_error",
        "",
        "Salesforce failed in every attempt",
        "Run again later; see status.salesforce.com",
    ),
)

_SHOWABLE = frozenset(
    {
        "authentication failure",
        "client identifier invalid",
        "end-user denied authorization",
        "expired authorization code",
        "grant type not supported",
        "https required",
        "invalid authorization code",
        "invalid client credentials",
        "invalid user credentials",
        "must use http get",
        "must use http post",
        "oauth api access disabled",
        "out-of-band not supported",
        "redirect_uri must match configuration",
        "response type not supported",
        "retry your request",
        "the requested scope is invalid, unknown, or malformed",
        "user is inactive",
    }
)
"""Descriptions that quote nothing of what was sent, in lower case."""


def sign_in_error(org: str, refused: SalesforceApiError) -> OrgError:
    """Returns the error that explains a refusal of the token endpoint."""
    detail = refused.detail.lower()
    for kind in _KINDS:
        if kind.code in ("", refused.code) and kind.contains in detail:
            return OrgError(f"{org}: sign-in was refused, {kind.what} ({refused.code or 'no code'})", kind.remediation)
    if refused.status >= 500:
        what = f"{org}: sign-in failed, Salesforce answered HTTP {refused.status} in every attempt"
        remediation = "Run again later; see status.salesforce.com"
        return OrgUnavailable(what, remediation, status=refused.status, code=refused.code)
    code = refused.code or f"HTTP {refused.status}"
    return OrgError(
        f"{org}: sign-in was refused ({code}{_shown(detail)})",
        "Check instance_url and auth; see the user's Login History",
    )


def _shown(description: str) -> str:
    plain = re.sub(r"\s+", " ", description).strip(" .")
    return f", {plain}" if plain in _SHOWABLE else ""
