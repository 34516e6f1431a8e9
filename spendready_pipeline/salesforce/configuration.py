"""What `spendready.yml` has about reaching an org: its address, its sign-in, its root certificate."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from spendready_pipeline.config.fields import ExistingFile, Secret
from spendready_pipeline.config.section import IsNumber, Section, Text
from spendready_pipeline.salesforce.address import checked_address, checked_name
from spendready_pipeline.salesforce.limits import Limits, Percent

SECRETS = frozenset({"client_secret", "access_token", "refresh_token"})
"""Keys whose value may come from the environment alone."""
OLDEST_API_VERSION = 60


def _api_version(value: object) -> str:
    """YAML reads 66.0 as a number."""
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"\d{2,3}\.0", text) or float(text) < OLDEST_API_VERSION:
        raise ValueError(f"write a version such as 66.0, at least {OLDEST_API_VERSION}.0")
    return text


class ClientCredentials(Section):
    """OAuth 2.0 client credentials: the client app has a user that it runs as."""

    flow: Literal["client_credentials"]
    client_id: Text = Field(repr=False)
    client_secret: Secret


class JwtBearer(Section):
    """OAuth 2.0 JWT bearer: a private key whose certificate the client app has."""

    flow: Literal["jwt_bearer"]
    client_id: Text = Field(repr=False)
    username: Text
    private_key_file: ExistingFile
    audience: Text | None = None


class RefreshToken(Section):
    """OAuth 2.0 refresh token, from an approval that a person gave."""

    flow: Literal["refresh_token"]
    client_id: Text = Field(repr=False)
    client_secret: Secret | None = None
    refresh_token: Secret


class AccessToken(Section):
    """An access token that something else got; it lasts as long as it lasts."""

    flow: Literal["access_token"]
    access_token: Secret


class SfCli(Section):
    """The session that the Salesforce CLI holds for an alias."""

    flow: Literal["sf_cli"]
    alias: Text


class Browser(Section):
    """OAuth 2.0 authorization code with PKCE: `spendready login` keeps the refresh token that a person approved."""

    flow: Literal["browser"]
    client_id: Text = Field(repr=False)
    client_secret: Secret | None = None
    callback_port: Annotated[int, IsNumber, Field(ge=1024, le=65_535)] = 1717
    """Where the browser brings the answer; the client app's callback URL names it. The Salesforce CLI's default."""


Auth = Annotated[
    ClientCredentials | JwtBearer | RefreshToken | AccessToken | SfCli | Browser, Field(discriminator="flow")
]


class OrgConnection(Section):
    """How one org is reached. Paths are absolute."""

    name: Annotated[Text, AfterValidator(checked_name)]
    instance_url: Annotated[Text, AfterValidator(checked_address)]
    auth: Auth
    ca_bundle: ExistingFile | None = None
    api_version: Annotated[str, BeforeValidator(_api_version)] | None = None
    api_budget_percent: Percent = 75
    limits: Limits = Limits()
