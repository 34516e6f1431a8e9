"""The connection of an org in `spendready.yml`: its address, its sign-in, its root certificate."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from spendready_pipeline.config.fields import ExistingFile, Secret
from spendready_pipeline.config.section import IsNumber, Section, Text
from spendready_pipeline.salesforce.address import checked_address, checked_name
from spendready_pipeline.salesforce.limits import Limits, Percent

SECRETS = frozenset({"client_secret", "access_token", "refresh_token"})
"""Keys whose value must come from the environment."""
MIN_API_VERSION = 60


def _api_version(value: object) -> str:
    """YAML reads 66.0 as a number."""
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"\d{2,3}\.0", text) or float(text) < MIN_API_VERSION:
        raise ValueError(f"must be a version such as 66.0, and at least {MIN_API_VERSION}.0")
    return text


class ClientCredentials(Section):
    """OAuth 2.0 client credentials: the client app has a run-as user."""

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
    """An access token from elsewhere; it works until it expires."""

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
    """The port of the client app's callback URL, on this machine. The Salesforce CLI's default."""


Auth = Annotated[
    ClientCredentials | JwtBearer | RefreshToken | AccessToken | SfCli | Browser, Field(discriminator="flow")
]


class OrgConnection(Section):
    """How to reach one org. Paths are absolute."""

    name: Annotated[Text, AfterValidator(checked_name)]
    instance_url: Annotated[Text, AfterValidator(checked_address)]
    auth: Auth
    ca_bundle: ExistingFile | None = None
    api_version: Annotated[str, BeforeValidator(_api_version)] | None = None
    api_budget_percent: Percent = 75
    limits: Limits = Limits()
