"""The client app that the demo org's admin has set up, and the `spendready.yml` that signs in with it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from demo_org.certificates import CA_CERTIFICATE, PRIVATE_KEY


@dataclass(frozen=True)
class ClientApp:
    """The app's credentials and the user it runs as.

    Attributes:
        client_id: The consumer key.
        client_secret: The consumer secret.
        refresh_token: A refresh token that the run-as user has granted.
        public_key: Verifies the assertions of JWT bearer sign-in.
        run_as: Username of the client credentials flow's user.
        password: What any user of the org signs in with in the browser.
        callback_urls: Where the browser may be sent back to.
        rotates_refresh_tokens: Whether a refresh token is replaced whenever it is used.
    """

    client_id: str
    client_secret: str
    refresh_token: str
    public_key: rsa.RSAPublicKey
    run_as: str
    password: str
    callback_urls: tuple[str, ...] = ("http://localhost:1717/callback",)
    rotates_refresh_tokens: bool = False

    @classmethod
    def of_key(cls, key: rsa.RSAPrivateKey, run_as: str) -> "ClientApp":
        """Derives an app's credentials from its private key: who keeps the key keeps them all."""
        material = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

        def derived(purpose: str) -> str:
            return hmac.new(material, purpose.encode(), hashlib.sha256).hexdigest()

        return cls(
            client_id=f"3MVG9{derived('client id')}",
            client_secret=derived("client secret").upper(),
            refresh_token=f"5Aep861{derived('refresh token')}",
            public_key=key.public_key(),
            run_as=run_as,
            password=derived("password")[:20],
        )


def environment(app: ClientApp) -> dict[str, str]:
    """Returns the environment variables that hold the app's credentials."""
    return {
        "DEMO_CLIENT_ID": app.client_id,
        "DEMO_CLIENT_SECRET": app.client_secret,
        "DEMO_REFRESH_TOKEN": app.refresh_token,
    }


_AUTH = {
    "client_credentials": ("client_id", "client_secret"),
    "jwt_bearer": ("client_id", "username", "private_key_file", "audience"),
    "refresh_token": ("client_id", "client_secret", "refresh_token"),
    "browser": ("client_id", "callback_port"),
}
"""By sign-in flow, what its `auth` section says."""


def configuration(
    app: ClientApp,
    instance_url: str,
    folder: Path,
    *,
    flow: str = "client_credentials",
    name: str = "demo",
    data_dir: str = "data",
    policy: Mapping[str, Any] | None = None,
    ca_bundle: str | None = None,
) -> str:
    """Returns the text of a `spendready.yml` that connects to an org whose files are in `folder`.

    `ca_bundle` is where a copy of its certificate authority is; None: the one in `folder`.
    Secrets are named, not written: `environment` has them.

    Raises:
        KeyError: The org does not offer that flow.
    """
    said = {
        "client_id": "${DEMO_CLIENT_ID}",
        "client_secret": "${DEMO_CLIENT_SECRET}",
        "refresh_token": "${DEMO_REFRESH_TOKEN}",
        "username": app.run_as,
        "private_key_file": str(folder / PRIVATE_KEY),
        "audience": instance_url,
        "callback_port": urlsplit(app.callback_urls[0]).port,
    }
    org = {
        "name": name,
        "instance_url": instance_url,
        "auth": {"flow": flow} | {key: said[key] for key in _AUTH[flow]},
        "ca_bundle": ca_bundle or str(folder / CA_CERTIFICATE),
    }
    # The demo org's clock stands or is moved: it is not this machine's.
    content: dict[str, Any] = {"data_dir": data_dir, "orgs": [org], "limits": {"clock_skew_minutes": None}}
    if policy:
        content["policy"] = dict(policy)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
