"""A right configuration is what it says: values, defaults, paths beside the file, secrets from the environment."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.salesforce.configuration import (
    AccessToken,
    Browser,
    ClientCredentials,
    JwtBearer,
    RefreshToken,
    SfCli,
)
from spendready_pipeline.settings import load_settings, org_files, org_names, org_schedules

ORG = """
orgs:
  - name: acme
    instance_url: https://acme.my.salesforce.com
    auth: {flow: client_credentials, client_id: ${ACME_ID}, client_secret: ${ACME_SECRET}}
"""


def test_the_least_that_connects_an_org(load, tmp_path: Path) -> None:
    settings = load(ORG)
    acme = settings.org("acme")
    assert isinstance(acme.auth, ClientCredentials)
    assert acme.auth.client_id == "3MVG9.consumer-key"
    assert acme.auth.client_secret.get_secret_value() == "hunter2-consumer-secret"
    assert (acme.instance_url, acme.ca_bundle, acme.api_version) == ("https://acme.my.salesforce.com", None, None)
    assert (acme.schedule.cron, acme.schedule.timezone) == ("0 6 * * 1", "UTC")
    assert settings.delivery == ()
    assert settings.files("acme").warehouse == tmp_path / "data" / "acme" / "warehouse.duckdb"


def test_the_defaults_of_the_policy_are_those_of_the_rules(load) -> None:
    policy = load(ORG).org("acme").policy
    assert policy.thresholds.model_dump() == {
        "stale_token_days": 90,
        "never_used_token_days": 7,
        "inactive_user_days": 90,
        "never_logged_in_days": 30,
        "dormant_integration_days": 90,
        "login_window_days": 30,
        "temporary_access_days": 30,
        "max_applications": 1,
        "max_interactive_networks": 1,
        "max_countries": 2,
        "unassigned_seats_min": 1,
    }
    assert policy.prices.currency == "USD"
    assert not policy.approved_apps
    assert not policy.waivers


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ("{flow: client_credentials, client_id: a, client_secret: ${S}}", ClientCredentials),
        ("{flow: jwt_bearer, client_id: a, username: u@x, private_key_file: key.pem}", JwtBearer),
        (
            "{flow: jwt_bearer, client_id: a, username: u@x, private_key_file: key.pem, audience: https://x}",
            JwtBearer,
        ),
        ("{flow: refresh_token, client_id: a, client_secret: ${S}, refresh_token: ${S}}", RefreshToken),
        ("{flow: refresh_token, client_id: a, refresh_token: ${S}}", RefreshToken),
        ("{flow: access_token, access_token: ${S}}", AccessToken),
        ("{flow: sf_cli, alias: acme}", SfCli),
        ("{flow: browser, client_id: a}", Browser),
        ("{flow: browser, client_id: a, client_secret: ${S}, callback_port: 8080}", Browser),
    ],
)
def test_each_flow(load, tmp_path: Path, auth: str, kind: type) -> None:
    (tmp_path / "key.pem").touch()
    text = f"orgs:\n- {{name: acme, instance_url: 'https://acme.example:8443/', auth: {auth}}}"
    org = load(text, S="s").org("acme")
    assert isinstance(org.auth, kind)
    assert org.instance_url == "https://acme.example:8443"


def test_paths_start_where_the_file_is(load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root.pem").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = load(
        f"data_dir: audit/data\n{ORG}    ca_bundle: root.pem\ndelivery:\n"
        "- {name: share, to: reports}\n- {name: mail, to: 'mailtos://x@y.example', on: failure}\n"
    )
    assert settings.data_dir == tmp_path / "audit" / "data"
    assert settings.org("acme").ca_bundle == tmp_path / "root.pem"
    to = {each.name: (each.to.get_secret_value(), each.on) for each in settings.delivery}
    assert to == {"share": (str(tmp_path / "reports"), "report"), "mail": ("mailtos://x@y.example", "failure")}


def test_an_absolute_path_stays(load, tmp_path: Path) -> None:
    assert load(f"data_dir: {tmp_path / 'far'}\n{ORG}").data_dir == tmp_path / "far"


def test_a_variable_stands_anywhere_in_a_value(load) -> None:
    settings = load(
        ORG.replace("https://acme.my", "https://${HOST}.my").replace("client_id: ${ACME_ID}", 'client_id: "${A}-${B}"')
        + "    policy:\n      thresholds: {max_countries: ${MAX}}\n      prices: {user_licenses: {SFDC: ${PRICE}}}\n"
        + "      waivers: [{finding_type: inactive_user, subject: s, reason: r, owner: o, expires: ${DAY}}]\n",
        HOST="acme--test.sandbox",
        A="one",
        B="two: # not a comment",
        MAX="5",
        PRICE="2100.50",
        DAY="2027-01-31",
    )
    org = settings.org("acme")
    assert org.instance_url == "https://acme--test.sandbox.my.salesforce.com"
    assert isinstance(org.auth, ClientCredentials)
    assert org.auth.client_id == "one-two: # not a comment"
    assert org.policy.thresholds.max_countries == 5
    assert str(org.policy.prices.user_licenses["SFDC"]) == "2100.50"
    assert org.policy.waivers[0].expires == date(2027, 1, 31)


def test_a_secret_that_looks_like_a_number_or_a_reference_is_text(load) -> None:
    settings = load(ORG, ACME_ID="0123", ACME_SECRET="${ACME_ID}")
    auth = settings.org("acme").auth
    assert isinstance(auth, ClientCredentials)
    assert (auth.client_id, auth.client_secret.get_secret_value()) == ("0123", "${ACME_ID}")


def test_a_key_without_a_value_is_as_if_it_were_not_there(load) -> None:
    settings = load(
        f"{ORG}    ca_bundle: null\n    api_version:\n    policy:\n      thresholds:\npolicy:\ndelivery: ~\n"
    )
    assert settings.org("acme").policy.thresholds.stale_token_days == 90


def test_limits_and_budget_have_defaults(load) -> None:
    acme = load(ORG).org("acme")
    assert acme.api_budget_percent == 75
    assert acme.limits.model_dump() == {
        "page_mb": 512,
        "answer_mb": 1,
        "answer_minutes": 10,
        "run_hours": 12,
        "clock_skew_minutes": 60,
    }
    assert (acme.limits.page_bytes, acme.limits.answer_bytes) == (536_870_912, 1_048_576)


def test_what_is_kept_has_defaults(load) -> None:
    assert load(ORG).keep.model_dump() == {
        "evidence_days": 400,
        "reports_days": 400,
        "dagster_days": 400,
        "published_weeks": 3,
    }
    assert load(f"{ORG}keep: {{evidence_days: 366, reports_days: null}}").keep.evidence_days == 366


def test_an_org_changes_single_limits(load) -> None:
    limits = load(f"{ORG}    limits: {{run_hours: 3}}\nlimits: {{run_hours: 6, page_mb: 64}}\n").org("acme").limits
    assert (limits.run_hours, limits.page_mb, limits.answer_mb) == (3, 64, 1)


def test_a_clock_skew_of_null_turns_the_comparison_off(load) -> None:
    assert load(f"{ORG}limits: {{clock_skew_minutes: null}}").org("acme").limits.clock_skew_minutes is None
    assert load(f"{ORG}    limits: {{clock_skew_minutes: ~}}").org("acme").limits.clock_skew_minutes is None
    assert load(f"{ORG}limits: {{page_mb: null}}").org("acme").limits.page_mb == 512


@pytest.mark.parametrize("version", ["62.0", "'62.0'", "62.0  # pinned"])
def test_an_api_version_needs_no_quotes(load, version: str) -> None:
    assert load(f"{ORG}    api_version: {version}").org("acme").api_version == "62.0"


def test_no_secret_shows_when_settings_are_printed(load) -> None:
    settings = load(f"{ORG}delivery: [{{name: mail, to: 'mailtos://me:${{PASS}}@host.example'}}]", PASS="open-sesame")
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {settings.orgs[0].auth!r}"
    assert "hunter2" not in shown
    assert "open-sesame" not in shown
    assert "consumer-key" not in repr(settings)


def test_an_org_that_is_not_there_is_a_mistake_of_the_caller(load) -> None:
    with pytest.raises(ConfigurationError, match=r"org acmee not found.*Its orgs are: acme"):
        load(ORG).org("acmee")


UAT = """  - name: uat
    instance_url: https://acme--uat.sandbox.my.salesforce.com
    auth: {flow: access_token, access_token: "${UAT_TOKEN}"}
"""


@pytest.mark.parametrize("uat", [{}, {"UAT_TOKEN": ""}], ids=["not set", "empty"])
def test_one_org_needs_no_variable_that_only_another_signs_in_with(tmp_path: Path, uat: dict[str, str]) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(ORG + UAT)
    environ = {"ACME_ID": "i", "ACME_SECRET": "s"} | uat
    settings = load_settings(path, environ, org="acme")
    assert [each.name for each in settings.orgs] == ["acme", "uat"]
    assert settings.org("acme").auth == ClientCredentials(flow="client_credentials", client_id="i", client_secret="s")
    for org in (None, "uat"):
        with pytest.raises(ConfigurationError, match="environment variable UAT_TOKEN"):
            load_settings(path, environ, org=org)


@pytest.mark.parametrize(
    "mistake",
    [
        "    instance_urll: https://acme--uat.sandbox.my.salesforce.com\n",
        '    policy: {approved_apps: ["${UAT_APP}"]}\n',
        'delivery: [{name: chat, to: "slack://${CHAT_TOKENS}/#security"}]\n',
    ],
    ids=["another key", "a variable that is no secret", "a destination"],
)
def test_any_other_mistake_is_one_for_each_org(tmp_path: Path, mistake: str) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(ORG + UAT + mistake)
    with pytest.raises(ConfigurationError):
        load_settings(path, {"ACME_ID": "i", "ACME_SECRET": "s"}, org="acme")


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spendready.yml").write_text(ORG)
    Path("other.yml").write_text(ORG.replace("acme", "other"))
    environ = {"ACME_ID": "i", "ACME_SECRET": "s"}
    assert load_settings(environ=environ).orgs[0].name == "acme"
    environ = environ | {"SPENDREADY_CONFIG": "other.yml"}
    assert load_settings(environ=environ).orgs[0].name == "other"
    assert load_settings(Path("spendready.yml"), environ).orgs[0].name == "acme"
    monkeypatch.setenv("SPENDREADY_CONFIG", "other.yml")
    assert org_names() == ["other"]


def test_the_names_of_the_orgs_need_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(f"{ORG}    schedule: {{timezone: Europe/Berlin}}\nschedule: {{cron: 0 7 * * 2}}\n")
    assert org_names(path) == ["acme"]
    assert org_schedules(path) == [("acme", "0 7 * * 2", "Europe/Berlin")]
    assert org_names(tmp_path / "none.yml") == []


def test_the_names_of_the_orgs_need_no_certificate(tmp_path: Path) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(f"{ORG}    ca_bundle: gone.pem\n")
    assert org_names(path) == ["acme"]
    with pytest.raises(ConfigurationError, match=r"orgs\[0\].ca_bundle: file not found"):
        load_settings(path, {"ACME_ID": "i", "ACME_SECRET": "s"})


def test_the_names_of_the_orgs_need_no_key_file(tmp_path: Path) -> None:
    path = tmp_path / "spendready.yml"
    auth = "{flow: jwt_bearer, client_id: a, username: u@x, private_key_file: none.pem}"
    path.write_text(f"{ORG[: ORG.index(chr(123))]}{auth}\n")
    assert org_names(path) == ["acme"]
    with pytest.raises(ConfigurationError, match=r"private_key_file: file not found"):
        load_settings(path, {})


def test_a_schedule_that_asks_for_a_variable_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(f"{ORG}schedule: {{cron: '${{AUDIT_CRON}}'}}\n")
    with pytest.raises(ConfigurationError) as error:
        org_schedules(path)
    assert error.value.what == f"{path}:6: schedule.cron: the environment variable AUDIT_CRON is not set"
    monkeypatch.setenv("AUDIT_CRON", "5 4 * * 3")
    assert org_schedules(path) == [("acme", "5 4 * * 3", "UTC")]


def test_where_files_are_needs_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(f"{ORG}    ca_bundle: gone.pem\n")
    assert [each.root for each in org_files(path=path)] == [tmp_path / "data" / "acme"]
    with pytest.raises(ConfigurationError, match=r"org other not found in spendready.yml. Its orgs are: acme"):
        org_files("other", path)
    path.write_text(f"{ORG}data_dir: ${{AUDITS}}\n")
    with pytest.raises(ConfigurationError, match=r"data_dir: the environment variable AUDITS is not set"):
        org_files("acme", path)
    monkeypatch.setenv("AUDITS", "../audits")
    assert [each.root for each in org_files("acme", path)] == [tmp_path / ".." / "audits" / "acme"]


def test_a_mistake_is_told_before_dagster_shows_the_orgs(tmp_path: Path) -> None:
    path = tmp_path / "spendready.yml"
    path.write_text(ORG.replace("name:", "nam:"))
    with pytest.raises(ConfigurationError, match=r"orgs\[0\].nam: unknown key \(did you mean name\?\)"):
        org_names(path)


def test_the_example_of_the_documentation_is_right(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = document.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "spendready.yml"
    path.write_text(example)
    names = ("ACME_CLIENT_ID", "ACME_CLIENT_SECRET", "SANDBOX_CLIENT_ID", "SMTP_PASSWORD")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "sandbox.pem").touch()
    settings = load_settings(path, dict.fromkeys(names, "x"))
    assert [each.name for each in settings.orgs] == ["acme", "acme-uat"]
    with pytest.raises(ConfigurationError) as error:
        load_settings(path, {})
    assert all(name in error.value.what for name in names)


def test_loading_takes_none_of_the_heavy_libraries() -> None:
    heavy = {"pandas", "great_expectations", "dagster", "duckdb", "requests"}
    code = f"import sys, spendready_pipeline.settings; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_yaml_writes_is_read_back(load) -> None:
    quoted = re.sub(r"\$\{\w+\}", r"'\g<0>'", ORG)
    text = yaml.safe_dump(yaml.safe_load(quoted))
    assert load(text) == load(ORG)


@pytest.mark.parametrize(
    "to",
    [
        "mailto://127.0.0.1:2525?from=a@acme.example",
        "json://localhost:8080/hook",
        "json://[::1]:8080/hook",
        "mailto://me@gmail.com",
    ],
)
def test_a_relay_on_this_machine_and_a_provider_with_tls_of_its_own_need_no_tls_in_the_address(load, to: str) -> None:
    settings = load(f"{ORG}delivery: [{{name: relay, to: '{to}'}}]")
    assert settings.delivery[0].to.get_secret_value() == to


@pytest.mark.parametrize("to", ["json://acme.example/x", "mailtos://acme.example?verify=no&from=a@acme.example"])
def test_an_address_without_tls_is_taken_where_it_says_insecure(load, to: str) -> None:
    for keys in (f"to: '{to}', insecure: true", f"insecure: true, to: '{to}'"):
        settings = load(f"{ORG}delivery: [{{name: relay, {keys}}}]")
        assert settings.delivery[0].to.get_secret_value() == to
