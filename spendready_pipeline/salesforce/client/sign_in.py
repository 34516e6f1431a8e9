"""Signs in: gets an access token from the org itself, by the flow that `spendready.yml` names.

The token is requested at `instance_url` and sent nowhere else. Salesforce's answer also names the org's URL. Where it
differs, `instance_url` still applies: the host that issued the token is the one that gets it back. Salesforce's common
sign-in hosts are the exception. They serve no data, so an error names the URL that the user has to configure.
A refused sign-in is never retried: some count towards locking the user (Salesforce Help, OAuth error codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.api_errors import SalesforceApiError, UnusableAnswer
from spendready_pipeline.salesforce.client.guard import TOKEN_PATH, Origin
from spendready_pipeline.salesforce.client.session import OrgSession
from spendready_pipeline.salesforce.client.sf_cli import cli_access_token
from spendready_pipeline.salesforce.client.stored_sign_in import SignInStore
from spendready_pipeline.salesforce.client.token_errors import sign_in_error
from spendready_pipeline.salesforce.configuration import Browser, JwtBearer, OrgConnection, RefreshToken

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFETIME = timedelta(minutes=3)
"""Salesforce accepts at most five minutes (Help, OAuth 2.0 JWT Bearer Flow)."""
SIGN_IN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
ROTATED = (
    "refresh token rotation is on for the client app: Salesforce has replaced the refresh token of the environment, "
    "so this sign-in works once. Use flow jwt_bearer or client_credentials, or flow browser with `spendready login`"
)
"""Salesforce Help 005316711: with rotation, using a refresh token a second time also revokes its replacement."""


@dataclass(frozen=True)
class SignedIn:
    """The result of a sign-in.

    Attributes:
        token: The access token; a secret.
        user_id: The user who signed in, where the answer says so.
        refresh_token: The refresh token of the answer, a secret; None where it had none.
    """

    token: str = field(repr=False)
    user_id: str | None = None
    refresh_token: str | None = field(default=None, repr=False)


class SignIn:
    """Signs in to one org, as often as a run needs.

    Args:
        org: The org's settings.
        session: The session with that org; it is not changed.

    Attributes:
        warnings: What the user should know about a sign-in that worked, a sentence each.
    """

    def __init__(self, org: OrgConnection, session: OrgSession) -> None:
        self.warnings: list[str] = []
        self._org = org
        self._session = session
        self._replacement: str | None = None

    def __call__(self) -> SignedIn:
        """Gets an access token.

        Raises:
            OrgError: Salesforce refused, could not be reached, or the credentials belong to another org.
            ConfigurationError: The private key or the Salesforce CLI cannot be used.
        """
        auth = self._org.auth
        match auth.flow:
            case "access_token":
                return SignedIn(auth.access_token.get_secret_value())
            case "sf_cli":
                return SignedIn(cli_access_token(self._org.name, auth.alias, self._session.origin))
            case "client_credentials":
                form = {"grant_type": "client_credentials", "client_secret": auth.client_secret.get_secret_value()}
                return request_token(self._session, form | {"client_id": auth.client_id})
            case "jwt_bearer":
                form = {"grant_type": JWT_BEARER, "assertion": _assertion(self._org.name, auth, self._session.origin)}
                return request_token(self._session, form | {"client_id": auth.client_id})
            case "refresh_token":
                return self._by_configured_token(auth)
            case "browser":
                return self._by_stored_token(auth)

    def _by_configured_token(self, auth: RefreshToken) -> SignedIn:
        used = self._replacement or auth.refresh_token.get_secret_value()
        signed_in = self._refreshed(auth, used)
        if signed_in.refresh_token and signed_in.refresh_token != used:
            self._replacement = signed_in.refresh_token  # good for the rest of this run
            self._warn(ROTATED)
        return signed_in

    def _by_stored_token(self, auth: Browser) -> SignedIn:
        store = SignInStore(self._org.name)
        with store.locked():
            stored = store.read()
            remediation = f"Run spendready login --org {self._org.name} on this machine, as this user"
            if stored is None:
                raise OrgError(f"{self._org.name}: no stored sign-in", remediation)
            if (stored.instance_url, stored.client_id) != (str(self._session.origin), auth.client_id):
                raise OrgError(
                    f"{self._org.name}: the stored sign-in belongs to another address or client app", remediation
                )
            used = self._replacement or stored.refresh_token
            signed_in = self._refreshed(auth, used)
            if signed_in.refresh_token and signed_in.refresh_token != used:
                self._keep(store, auth, signed_in.refresh_token)
        return signed_in

    def _keep(self, store: SignInStore, auth: Browser, refresh_token: str) -> None:
        try:
            store.write(str(self._session.origin), auth.client_id, refresh_token)
        except OSError as error:
            self._replacement = refresh_token
            self._warn(
                "Salesforce has replaced the refresh token, and the new one could not be stored in "
                f"{store.path} ({error.strerror}): run spendready login --org {self._org.name} again"
            )
        else:
            self._replacement = None

    def _refreshed(self, auth: RefreshToken | Browser, refresh_token: str) -> SignedIn:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": auth.client_id}
        if auth.client_secret:
            form["client_secret"] = auth.client_secret.get_secret_value()
        return request_token(self._session, form)

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def request_token(session: OrgSession, form: Mapping[str, str]) -> SignedIn:
    """Requests an access token from the org's token endpoint.

    Args:
        session: The session with the org; it is not changed.
        form: The parameters of the flow.

    Raises:
        OrgError: Salesforce refused, or the org has another address.
    """
    try:
        answer = session.post(f"{session.origin}{TOKEN_PATH}", data=form, headers={"Accept": "application/json"})
    except UnusableAnswer as unusable:
        raise unusable.about("sign-in") from None
    except SalesforceApiError as refused:
        raise sign_in_error(session.org, refused) from None
    granted = answers.object_of(answer.content)
    token = answers.token_of(granted)
    if token is None:
        raise OrgError(f"{session.org}: {session.origin} answered without an access token", "Check instance_url")
    theirs = Origin.of(str(granted.get("instance_url", "")))
    if session.origin.host in SIGN_IN_HOSTS and theirs != session.origin:
        raise OrgError(
            f"{session.org}: {session.origin} is only for sign-in; the org has another address",
            f"Set instance_url to {theirs or 'the My Domain URL of Setup'}",
        )
    refresh_token = granted.get("refresh_token")
    return SignedIn(
        token,
        _user_of(str(granted.get("id", ""))),
        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
    )


def _user_of(identity_url: str) -> str | None:
    """Returns the user's Id in an identity URL, `https://login.salesforce.com/id/<org>/<user>`, without calling it."""
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
    remediation = "Use the PEM file of the private key whose certificate the client app has, without a passphrase"
    try:
        return jwt.encode(claims, auth.private_key_file.read_bytes(), algorithm="RS256")
    except OSError:
        raise ConfigurationError(f"{org}: private_key_file cannot be read", remediation) from None
    except (ValueError, TypeError, jwt.exceptions.PyJWTError):
        raise ConfigurationError(f"{org}: private_key_file is not a usable RSA private key", remediation) from None


def audience_of(origin: Origin) -> str:
    """Returns the audience that a host expects: the sign-in host of production or of sandboxes, else its own URL.

    Sandboxes and scratch orgs sign in at test.salesforce.com (Salesforce DX Developer Guide, Authorization).
    """
    if not origin.host.endswith(".salesforce.com"):
        return str(origin)
    is_test = origin.host == "test.salesforce.com" or "--" in origin.host
    is_test = is_test or any(kind in origin.host for kind in (".sandbox.my.", ".scratch.my."))
    return "https://test.salesforce.com" if is_test else "https://login.salesforce.com"
