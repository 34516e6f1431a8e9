"""Signing in through the browser: OAuth 2.0 authorization code with PKCE and a loopback redirect.

Salesforce Help, 'OAuth 2.0 Web Server Flow'; RFC 7636 (PKCE) and RFC 8252 (loopback redirects). Salesforce accepts a
callback URL without TLS only for localhost, and compares it character by character: the Salesforce CLI uses
http://localhost:1717/OauthRedirect. The browser is sent to the org's address. The code returns to this machine and is
exchanged at that same address, with the verifier that never left this machine.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client.api_errors import SalesforceApiError
from spendready_pipeline.salesforce.client.loopback import CALLBACK_PATH, CallbackServer
from spendready_pipeline.salesforce.client.session import OrgSession
from spendready_pipeline.salesforce.client.sign_in import request_token
from spendready_pipeline.salesforce.client.stored_sign_in import SignInStore
from spendready_pipeline.salesforce.client.token_errors import sign_in_error
from spendready_pipeline.salesforce.configuration import Browser, OrgConnection

AUTHORIZE_PATH = "/services/oauth2/authorize"
SCOPES = "api refresh_token"
APPROVAL_SECONDS = 300.0


def log_in(org: OrgConnection, show: Callable[[str], None], seconds: float = APPROVAL_SECONDS) -> str:
    """Has a person approve the client app in the browser, and stores the refresh token.

    Args:
        org: An org with flow `browser`.
        show: Shows the address that the person has to open.
        seconds: How long to wait for the person.

    Returns:
        Where the refresh token is stored, as text for the user.

    Raises:
        ConfigurationError: The org has another flow.
        OrgError: The callback port is in use, the person denied or did not answer, or Salesforce refused.
    """
    auth = org.auth
    if not isinstance(auth, Browser):
        raise ConfigurationError(
            f"{org.name} signs in by flow {auth.flow}, which needs no browser", "Set flow: browser to use one"
        )
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    redirect_uri = f"http://localhost:{auth.callback_port}{CALLBACK_PATH}"
    with OrgSession(org.name, org.instance_url, org.ca_bundle, org.limits) as session:
        with CallbackServer(org.name, auth.callback_port, state) as server:
            question = {
                "response_type": "code",
                "client_id": auth.client_id,
                "redirect_uri": redirect_uri,
                "scope": SCOPES,
                "state": state,
                "code_challenge": code_challenge(verifier),
                "code_challenge_method": "S256",
            }
            show(f"{session.origin}{AUTHORIZE_PATH}?{urlencode(question)}")
            answer = server.wait(seconds)
        if answer is None:
            raise OrgError(
                f"{org.name}: nobody approved the sign-in within {seconds / 60:.0f} minutes",
                f"Run spendready login again. If the browser shows an error about redirect_uri, add {redirect_uri} to "
                "the client app's callback URLs",
            )
        if answer.code is None:
            refused = SalesforceApiError("", status=400, code=answer.error, detail=answer.error_description)
            raise sign_in_error(org.name, refused)
        form = {
            "grant_type": "authorization_code",
            "code": answer.code,
            "redirect_uri": redirect_uri,
            "client_id": auth.client_id,
            "code_verifier": verifier,
        }
        if auth.client_secret:
            form["client_secret"] = auth.client_secret.get_secret_value()
        granted = request_token(session, form)
        if granted.refresh_token is None:
            raise OrgError(
                f"{org.name}: Salesforce gave no refresh token",
                "Add the scope 'Perform requests at any time (refresh_token, offline_access)' to the client app, and "
                "choose a refresh token policy that does not expire it immediately",
            )
        store = SignInStore(org.name)
        with store.locked():
            return store.write(str(session.origin), auth.client_id, granted.refresh_token)


def code_challenge(verifier: str) -> str:
    """Returns the S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
