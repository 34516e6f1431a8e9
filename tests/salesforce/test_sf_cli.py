"""The Salesforce CLI's token, from the versions of today and of 2025; what is wrong with the CLI is said as that."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.configuration import SfCli
from tests.salesforce.audits import settings_of

REDACTED = "[REDACTED] Use 'sf org auth show-access-token' to view"
DISPLAY, SHOW_TOKEN = "org display", "org auth show-access-token"
UNKNOWN_COMMAND = " \x1b[33m›\x1b[39m   Warning: org auth show-access-token is not a sf command."


@pytest.fixture
def sf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts an `sf` on the PATH that prints what it is given for each command, and notes commands and environment."""

    def install(answers: dict[str, object], *, before: str = "", paint: bool = False) -> Path:
        branches = []
        for number, (command, answer) in enumerate(answers.items()):
            text = answer if isinstance(answer, str) else json.dumps(answer, indent=2)
            if paint:
                text = "\x1b[1m" + text.replace(": ", ": \x1b[32m").replace(",", "\x1b[39m,") + "\x1b[22m"
            (tmp_path / f"answer{number}").write_text(before + text)
            branches.append(f'  "{command} --target-org"*) cat "{tmp_path}/answer{number}";;')
        program = tmp_path / "bin" / "sf"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\necho "$@" >> "{tmp_path}/commands"\necho "$NO_COLOR $FORCE_COLOR" >> "{tmp_path}/colors"\n'
            f'env > "{tmp_path}/environment"\n'
            'case "$*" in\n' + "\n".join(branches) + f'\n  *) printf "%s" "{UNKNOWN_COMMAND}" >&2; exit 127;;\nesac\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        return tmp_path

    return install


@pytest.fixture
def token(demo) -> str:
    with connect(settings_of(demo)) as connection:
        token = connection.session.token
    demo.requests.clear()
    return token


def by_cli(demo, alias: str = "acme"):
    auth = SfCli(flow="sf_cli", alias=alias)
    return connect(settings_of(demo).model_copy(update={"auth": auth}))


def display(demo, token: str, **more: object) -> dict[str, object]:
    result = {"id": "00D000000000001", "accessToken": token, "instanceUrl": demo.instance_url, "username": "a@acme"}
    return {"status": 0, "result": result | more, "warnings": []}


def shown(token: str) -> dict[str, object]:
    return {"status": 0, "result": {"accessToken": token}, "warnings": ["This token gives access to the org."]}


def test_todays_cli_gives_address_and_token_by_two_commands(demo, sf, token) -> None:
    folder = sf({DISPLAY: display(demo, REDACTED), SHOW_TOKEN: shown(token)})
    with by_cli(demo) as connection:
        assert connection.reader.username == demo.username
    assert (folder / "commands").read_text().splitlines() == [
        "org display --target-org acme --json",
        "org auth show-access-token --target-org acme --json",
    ]


def test_the_cli_gets_no_secret_of_this_process(demo, sf, token, monkeypatch) -> None:
    folder = sf({DISPLAY: display(demo, REDACTED), SHOW_TOKEN: shown(token)})
    monkeypatch.setenv("ACME_CLIENT_SECRET", "open-sesame")
    monkeypatch.setenv("SMTP_PASSWORD", "open-sesame")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/audit/.config")
    with by_cli(demo):
        pass
    environment = (folder / "environment").read_text()
    assert "open-sesame" not in environment
    assert {"HOME=", "PATH=", "XDG_CONFIG_HOME="} <= {f"{line.partition('=')[0]}=" for line in environment.splitlines()}


def test_the_cli_of_2025_gives_both_by_one_command(demo, sf, token) -> None:
    folder = sf({DISPLAY: display(demo, token)})
    with by_cli(demo) as connection:
        assert connection.reader.username == demo.username
    assert (folder / "commands").read_text().splitlines() == ["org display --target-org acme --json"]


def test_a_json_web_token_is_an_access_token_too(demo, sf) -> None:
    folder = sf({DISPLAY: display(demo, "eyJ0eXAi.eyJzdWIi.c2lnbmF0dXJl-_")})
    with pytest.raises(OrgError, match="the access token has expired"), by_cli(demo):
        pass
    assert "show-access-token" not in (folder / "commands").read_text()


def test_the_alias_is_no_shell_text(demo, sf, token) -> None:
    folder = sf({DISPLAY: display(demo, token)})
    with by_cli(demo, alias="acme; rm -rf /"):
        pass
    assert (folder / "commands").read_text().strip() == "org display --target-org acme; rm -rf / --json"


def test_color_is_off_for_the_cli(demo, sf, token, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "3")
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = sf({DISPLAY: display(demo, REDACTED), SHOW_TOKEN: shown(token)})
    with by_cli(demo):
        pass
    assert (folder / "colors").read_text().splitlines() == ["1 0", "1 0"]


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param({"paint": True}, id="colored all the same"),
        pytest.param({"before": "Warning: {a plugin} is out of date.\n"}, id="a line of text before it"),
        pytest.param({"before": "\x1b[33m{\x1b[39m\n", "paint": True}, id="both"),
    ],
)
def test_json_is_read_past_what_a_terminal_would_get(demo, sf, token, noise) -> None:
    sf({DISPLAY: display(demo, REDACTED), SHOW_TOKEN: shown(token)}, **noise)
    with by_cli(demo) as connection:
        assert connection.reader.username == demo.username


@pytest.mark.parametrize(
    ("answers", "message", "remediation"),
    [
        pytest.param(
            {DISPLAY: {"status": 1, "name": "NamedOrgNotFoundError", "message": "No authorization for acme."}},
            "the Salesforce CLI is not signed in to acme",
            "sf org login web --alias acme",
            id="unknown alias",
        ),
        pytest.param(
            {DISPLAY: "Error: EACCES {not json"},
            "the Salesforce CLI is not signed in to acme",
            "sf org login web --alias acme",
            id="no JSON",
        ),
        pytest.param(
            {DISPLAY: {"status": 0, "result": {"accessToken": "00D!x", "instanceUrl": "https://other.example"}}},
            "is an org at https://other.example",
            "Use the alias of this org",
            id="another org",
        ),
        pytest.param(
            {DISPLAY: {"accessToken": REDACTED, "connectedStatus": "RefreshTokenAuthError"}},
            "the Salesforce CLI's sign-in to acme has expired",
            "sf org login web --alias acme",
            id="expired sign-in",
        ),
        pytest.param(
            {DISPLAY: {"accessToken": REDACTED}},
            "the Salesforce CLI gives no access token for acme",
            "sf update",
            id="a CLI between the two",
        ),
        pytest.param(
            {DISPLAY: {"accessToken": REDACTED}, SHOW_TOKEN: {"status": 1, "name": "NoAccessToken"}},
            "the Salesforce CLI gives no access token for acme",
            "sf org login web --alias acme",
            id="no token",
        ),
        pytest.param(
            {DISPLAY: {"accessToken": REDACTED}, SHOW_TOKEN: {"status": 0, "result": {"accessToken": REDACTED}}},
            "the Salesforce CLI gives no access token for acme",
            "sf update",
            id="a placeholder again",
        ),
    ],
)
def test_what_is_wrong_with_the_cli_is_said_and_no_token_goes_elsewhere(
    demo, sf, answers, message, remediation
) -> None:
    if "status" not in answers[DISPLAY] and not isinstance(answers[DISPLAY], str):
        answers = answers | {DISPLAY: display(demo, "", **answers[DISPLAY])}
    folder = sf(answers)
    with pytest.raises(OrgError, match=message) as error, by_cli(demo):
        pass
    assert remediation in error.value.remediation
    assert not demo.requests
    if "other.example" in message or "not signed in" in message:
        assert "show-access-token" not in (folder / "commands").read_text()


def test_a_cli_that_cannot_be_started_is_said(demo, sf) -> None:
    folder = sf({})
    (folder / "bin" / "sf").write_text("#!/nowhere/sh\n")
    with pytest.raises(OrgError, match="the Salesforce CLI could not be run"), by_cli(demo):
        pass


def test_no_salesforce_cli_is_a_mistake_of_configuration(demo, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="sf is not on the PATH"), by_cli(demo):
        pass
