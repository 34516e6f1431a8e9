"""Gets the access token that the Salesforce CLI of this machine holds for an alias.

Since version 2.136.8 `sf org display` shows a placeholder instead of the token, and `sf org auth show-access-token`
shows the token (npm package @salesforce/plugin-org 5.11.26, org/display.js and org/auth/show-access-token.js). Older
versions lack the second command and show the token in the first.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from spendready_pipeline.config.environment import child_environment
from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client.guard import Origin

SF_CLI_SECONDS = 60
# The org's Id, '!' and the secret; or a JSON web token, which Salesforce issues where an admin chose that format.
_TOKEN = re.compile(r"00D\w*!\S+|eyJ[\w-]+\.[\w-]+\.[\w-]+")
_COLOR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_WITHOUT_COLOR = {"NO_COLOR": "1", "FORCE_COLOR": "0"}
# Where the CLI keeps its sign-ins and their key (files, or the desktop's keyring), and how it reaches the network.
_CLI_VARIABLES = frozenset({
    "APPDATA", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "LOCALAPPDATA", "USERPROFILE", "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
    "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "NODE_EXTRA_CA_CERTS",
    "SF_DATA_DIR", "SF_CONFIG_DIR", "SF_CACHE_DIR", "SF_DISABLE_TELEMETRY", "SF_USE_GENERIC_UNIX_KEYCHAIN",
    "SFDX_DISABLE_TELEMETRY", "SFDX_USE_GENERIC_UNIX_KEYCHAIN",
})  # fmt: skip
EXPIRED = "RefreshTokenAuthError"
"""The `connectedStatus` of an org whose refresh token has expired or was revoked."""


def cli_access_token(org: str, alias: str, origin: Origin) -> str:
    """Returns the access token of an alias.

    Args:
        org: The org's name, for messages.
        alias: The alias, or the username, under which the CLI knows the org.
        origin: The origin of the org; a token of another org is never requested.

    Raises:
        ConfigurationError: The Salesforce CLI is not installed.
        OrgError: The CLI could not be run, is not signed in, or its alias is another org.
    """
    program = shutil.which("sf")
    if program is None:
        raise ConfigurationError(
            f"{org}: flow sf_cli needs the Salesforce CLI, but sf is not on the PATH",
            "Install it, or use another flow",
        )
    sf = [str(Path(program).absolute()), "org"]
    shown = _result(org, alias, [*sf, "display", "--target-org", alias, "--json"])
    if not shown.get("instanceUrl"):
        raise OrgError(f"{org}: the Salesforce CLI is not signed in to {alias}", _sign_in_again(alias))
    theirs = Origin.of(str(shown["instanceUrl"]))
    if theirs != origin:
        raise OrgError(
            f"{org}: alias {alias} of the Salesforce CLI is an org at {theirs}, not at {origin}",
            "Use the alias of this org, or correct instance_url",
        )
    if shown.get("connectedStatus") == EXPIRED:
        raise OrgError(f"{org}: the Salesforce CLI's sign-in to {alias} has expired", _sign_in_again(alias))
    token = str(shown.get("accessToken") or "")
    if not _TOKEN.fullmatch(token):
        command = [*sf, "auth", "show-access-token", "--target-org", alias, "--json"]
        token = str(_result(org, alias, command).get("accessToken") or "")
    if not _TOKEN.fullmatch(token):
        raise OrgError(
            f"{org}: the Salesforce CLI gives no access token for {alias}",
            f"Update it (sf update). {_sign_in_again(alias)}",
        )
    return token


def _sign_in_again(alias: str) -> str:
    return f"Sign in again: sf org login web --alias {alias}"


def _result(org: str, alias: str, command: list[str]) -> dict[str, Any]:
    """Runs a command of the CLI and returns the `result` of its JSON; empty where it failed."""
    try:
        environment = child_environment(_CLI_VARIABLES) | _WITHOUT_COLOR
        done = subprocess.run(command, capture_output=True, timeout=SF_CLI_SECONDS, check=False, env=environment)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        raise OrgError(f"{org}: the Salesforce CLI could not be run", _sign_in_again(alias)) from None
    result = _json_object(done.stdout.decode("utf-8", "replace")).get("result")
    return result if isinstance(result, dict) else {}


def _json_object(output: str) -> dict[str, Any]:
    """Returns the JSON object in an output, ignoring colors and lines of text before or after it."""
    plain = _COLOR.sub("", output)
    for start in re.finditer(r"^\s*(?=\{)", plain, re.MULTILINE):
        try:
            parsed, _ = json.JSONDecoder().raw_decode(plain, start.end())
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            return parsed
    return {}
