"""Each mistake is told with its line, its key and what is allowed; all at once; never with a secret."""

from pathlib import Path

import pytest

from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.policy.configuration import finding_types
from spendready_pipeline.settings import load_settings

HEAD = """\
orgs:
  - name: acme
    instance_url: https://acme.my.salesforce.com
    auth: {flow: client_credentials, client_id: ${ACME_ID}, client_secret: ${ACME_SECRET}}
"""
"""Four right lines; a test adds a fifth."""

KEYS = {
    "file": "data_dir, orgs, policy, delivery, schedule, limits, keep",
    "org": "name, instance_url, auth, ca_bundle, api_version, api_budget_percent, limits, policy, schedule",
    "jwt": "flow, client_id, username, private_key_file, audience",
    "flows": "client_credentials, jwt_bearer, refresh_token, access_token, sf_cli, browser",
}
IN_THE_FILE = "secrets must not be in this file: write ${NAME} and set that environment variable"
ADDRESS = (
    "use the URL of a service that Apprise supports, a folder, or a URL that begins with "
    "file://, s3://, s3a://, abfs://, abfss://, az://, gs://, gcs://"
)
REPORTS_ALONE = "a folder or object store gets reports only: use a message service for failures"
NO_FILE = "file not found; relative paths start at the folder of the configuration file"
DAY = "must be a date such as 2027-01-31"
AMOUNT = "must be an amount such as 2100 or 2100.50"
ORIGIN = "must be the org's address as https://host or https://host:port, with nothing after it"
CRON = "use five cron fields that match some date, e.g. 0 6 * * 1 for Mondays at 06:00"
SECTION = "must be a section: keys with values"
NETWORK = "must be a network such as 203.0.113.0/24, with all host bits zero"

MEANT = "or set insecure: true if you accept the risk"
INSECURE = {
    "mailto://me@mail.acme.example": "reports would cross the network unencrypted: use mailtos://",
    "mailtos://me@mail.acme.example?mode=insecure": (
        "reports would cross the network unencrypted: remove mode=insecure"
    ),
    "mailto://127.0.0.1?smtp=mail.acme.example&from=a@b.example": (
        "reports would cross the network unencrypted: use mailtos://"
    ),
    "json://acme.example/${ACME_SECRET}": "reports would cross the network unencrypted: use jsons://",
    "rsyslog://acme.example": "reports would cross the network unencrypted: choose a service with TLS",
    "mailtos://me@mail.acme.example?verify=no": "anyone could impersonate this server: remove verify=no",
    "jsons://acme.example/x?verify=no": "anyone could impersonate this server: remove verify=no",
}

WAIVER = "policy: {waivers: [{finding_type: inactive_user, subject: s, reason: r, owner: o, expires: 2027-01-31}]}"
JUSTIFIED = (
    "policy: {justified_permissions: [{username: u, permissions: [ViewAllData], reason: r, owner: o, "
    "expires: 2027-01-31}]}"
)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("dat_dir: x", f"dat_dir: unknown key (did you mean data_dir?); allowed: {KEYS['file']}"),
        ("zzz: x", f"zzz: unknown key; allowed: {KEYS['file']}"),
        ("<<: {}", f"<<: unknown key; allowed: {KEYS['file']}"),
        ("orgs: []", "orgs: duplicate key"),
        ("data_dir: 5", "data_dir: must be a path"),
        ("data_dir: ${NOWHERE}", "data_dir: the environment variable NOWHERE is not set"),
        ("data_dir: ${EMPTY}", "data_dir: the environment variable EMPTY is empty"),
        ("data_dir: a/${MY-VAR}/b", "data_dir: ${MY-VAR} is not a valid variable name: use ${NAME}"),
        ("policy: [a]", f"policy: {SECTION}"),
        ("schedule: weekly", f"schedule: {SECTION}"),
        ("schedule: {cron: 0 6 * *}", f"schedule.cron: {CRON}"),
        ("schedule: {cron: 0 6 * * 8}", f"schedule.cron: {CRON}"),
        ("schedule: {cron: 0 6 30 2 *}", f"schedule.cron: {CRON}"),
        (
            "schedule: {timezone: Europe/Berln}",
            "schedule.timezone: unknown time zone (did you mean Europe/Berlin?); "
            "use a name such as UTC or Europe/Berlin",
        ),
        ("delivery: {name: a, to: b}", "delivery: must be a list, e.g. [a, b]"),
        ("delivery: [{name: a}]", "delivery[0].to: this key is missing"),
        (
            "delivery: [{name: a, to: 'slak://${ACME_SECRET}'}]",
            f"delivery[0].to: unknown service (did you mean slack?); {ADDRESS}",
        ),
        (
            "delivery: [{name: a, to: 'https://acme.example/${ACME_SECRET}'}]",
            f"delivery[0].to: unknown service (did you mean jsons?); {ADDRESS}",
        ),
        (
            "delivery: [{name: a, to: 'S3://audits'}]",
            f"delivery[0].to: unknown service (did you mean s3?); {ADDRESS}",
        ),
        ("delivery: [{name: a, to: 'qqqqqqqq://x'}]", f"delivery[0].to: unknown service; {ADDRESS}"),
        (
            "delivery: [{name: a, to: 'slack://${ACME_SECRET}'}]",
            "delivery[0].to: the URL of this service is incomplete; see "
            "https://appriseit.com/services for its format",
        ),
        ("delivery: [{name: a, to: 'mailto:me@acme.example'}]", "delivery[0].to: use mailto://"),
        (
            "delivery: [{name: a, to: 's3://'}]",
            "delivery[0].to: name a bucket, container or folder after s3://",
        ),
        ("delivery: [{name: a, to: '${NOWHERE}'}]", "delivery[0].to: the environment variable NOWHERE is not set"),
        ("delivery: [{name: a, to: 's3://audits', on: failure}]", f"delivery[0].on: {REPORTS_ALONE}"),
        ("delivery: [{name: a, to: /srv/audits, on: failure}]", f"delivery[0].on: {REPORTS_ALONE}"),
        (
            "delivery: [{name: a, to: '${NOWHERE}', on: failure}]",
            "delivery[0].to: the environment variable NOWHERE is not set",
        ),
        ("data_dir: !!bool abc", "data_dir: not a valid date or number"),
        ("data_dir: !!timestamp abc", "data_dir: not a valid date or number"),
        (
            "delivery: [{name: a, to: 's3://x', on: monday}]",
            "delivery[0].on: allowed: report, changes or failure",
        ),
        ("delivery: [{name: a, to: 'mailto://me:open-sesame@host'}]", f"delivery[0].to: {IN_THE_FILE}"),
        ("delivery: [{name: a, to: 'mailto://me:open-${ACME_ID}@host'}]", f"delivery[0].to: {IN_THE_FILE}"),
        ("delivery: [{name: a, to: 'mailto://host?pass=open-sesame'}]", f"delivery[0].to: {IN_THE_FILE}"),
        (
            "delivery: [{name: a, to: 's3://x'}, {name: a, to: 's3://y'}]",
            "delivery[1].name: duplicate name in delivery",
        ),
        (
            "policy: {aproved_apps: []}",
            "policy.aproved_apps: unknown key (did you mean approved_apps?); allowed: integration_users, "
            "approved_apps, decommissioned_apps, known_networks, justified_permissions, thresholds, prices, waivers",
        ),
        ("policy: {approved_apps: Dataloader}", "policy.approved_apps: must be a list, e.g. [a, b]"),
        (
            "policy: {approved_apps: [a, 5]}",
            "policy.approved_apps[1]: must be text; put quotes around text that looks like a number or a yes",
        ),
        ("policy: {approved_apps: [' ']}", "policy.approved_apps[0]: must not be empty"),
        ("policy: {known_networks: [10.0.0.1/8]}", f"policy.known_networks[0]: {NETWORK}"),
        ("policy: {known_networks: [10.0.0.0/40]}", f"policy.known_networks[0]: {NETWORK}"),
        (
            "policy: {integration_users: {name_words: [my-bot]}}",
            "policy.integration_users.name_words[0]: must be one word, of letters only or digits only: "
            "names are split into such words",
        ),
        (
            "policy: {integration_users: {exclude: ['svc-[ab]*']}}",
            "policy.integration_users.exclude[0]: [ ] is not supported: use * (any characters) and ? (one character), "
            "or several patterns",
        ),
        ("policy: {thresholds: {max_countries: -1}}", "policy.thresholds.max_countries: must be 0 or more"),
        ("policy: {thresholds: {max_countries: 1.5}}", "policy.thresholds.max_countries: must be a whole number"),
        ("policy: {thresholds: {max_countries: two}}", "policy.thresholds.max_countries: must be a whole number"),
        ("policy: {thresholds: {max_countries: yes}}", "policy.thresholds.max_countries: must be a number"),
        ("policy: {thresholds: {login_window_days: 0}}", "policy.thresholds.login_window_days: must be 1 or more"),
        (
            "policy: {thresholds: {stale_token_days: 99999}}",
            "policy.thresholds.stale_token_days: must be 36,500 or less",
        ),
        ("keep: {evidence_days: 365}", "keep.evidence_days: must be 366 or more"),
        ("keep: {evidence_days: 36501}", "keep.evidence_days: must be 36,500 or less"),
        ("keep: {reports_days: 29}", "keep.reports_days: must be 30 or more"),
        ("keep: {dagster_days: a year}", "keep.dagster_days: must be a whole number"),
        ("keep: {published_weeks: 0}", "keep.published_weeks: must be 1 or more"),
        (
            "keep: {evidence: 400}",
            "keep.evidence: unknown key (did you mean evidence_days?); "
            "allowed: evidence_days, reports_days, dagster_days, published_weeks",
        ),
        ("limits: 5", f"limits: {SECTION}"),
        (
            "limits: {page_bm: 5}",
            "limits.page_bm: unknown key (did you mean page_mb?); "
            "allowed: page_mb, answer_mb, answer_minutes, run_hours, clock_skew_minutes",
        ),
        ("limits: {page_mb: 0}", "limits.page_mb: must be 1 or more"),
        ("limits: {page_mb: 5000}", "limits.page_mb: must be 4,096 or less"),
        ("limits: {answer_mb: 0.5}", "limits.answer_mb: must be a whole number"),
        ("limits: {answer_minutes: none}", "limits.answer_minutes: must be a whole number"),
        ("limits: {run_hours: yes}", "limits.run_hours: must be a number"),
        ("limits: {run_hours: 169}", "limits.run_hours: must be 168 or less"),
        ("limits: {clock_skew_minutes: 0}", "limits.clock_skew_minutes: must be 1 or more"),
        ("policy: {prices: {currency: dollars}}", "policy.prices.currency: must be a currency code such as USD"),
        ("policy: {prices: {user_licenses: {SFDC: -1}}}", "policy.prices.user_licenses.SFDC: must be 0 or more"),
        ("policy: {prices: {user_licenses: {SFDC: 1.005}}}", f"policy.prices.user_licenses.SFDC: {AMOUNT}"),
        ("policy: {prices: {user_licenses: {SFDC: .inf}}}", f"policy.prices.user_licenses.SFDC: {AMOUNT}"),
        ("policy: {prices: {user_licenses: {SFDC: much}}}", f"policy.prices.user_licenses.SFDC: {AMOUNT}"),
        ("policy: {prices: {user_licenses: {'': 5}}}", "policy.prices.user_licenses.: must not be empty"),
        (WAIVER.replace("2027-01-31", "2027-02-31"), "policy.waivers[0].expires: not a valid date or number"),
        (WAIVER.replace("2027-01-31", "20270131"), f"policy.waivers[0].expires: {DAY}"),
        (WAIVER.replace("2027-01-31", "2027-01-31T10:00:00Z"), f"policy.waivers[0].expires: {DAY}"),
        (WAIVER.replace("2027-01-31", "2027-W05-1"), f"policy.waivers[0].expires: {DAY}"),
        (WAIVER.replace("2027-01-31", "31.1.2027"), f"policy.waivers[0].expires: {DAY}"),
        (WAIVER.replace("owner: o,", "owner: ,"), "policy.waivers[0].owner: this key is missing"),
        (JUSTIFIED.replace("[ViewAllData]", "[]"), "policy.justified_permissions[0].permissions: name at least one"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_fifth_line(mistakes, line: str, told: str) -> None:
    assert mistakes(f"{HEAD}{line}\n", EMPTY="") == [f"5: {told}"]


def test_a_waiver_of_an_unknown_finding_type_names_the_nearest_and_all(mistakes) -> None:
    (told,) = mistakes(f"{HEAD}{WAIVER.replace('inactive_user', 'inactive_users')}")
    assert told.startswith(
        "5: policy.waivers[0].finding_type: unknown finding type (did you mean inactive_user?); allowed: "
    )
    assert told.split("allowed: ")[1].split(", ") == sorted(finding_types())


def test_a_justification_of_an_unknown_permission_names_the_nearest_and_all(mistakes) -> None:
    (told,) = mistakes(HEAD + JUSTIFIED.replace("ViewAllData", "PermissionsModifyAllData"))
    assert told.startswith(
        "5: policy.justified_permissions[0].permissions[0]: unknown powerful permission "
        "(did you mean ModifyAllData?); allowed: AssignPermissionSets, AuthorApex, "
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ca_bundel: x", f"ca_bundel: unknown key (did you mean ca_bundle?); allowed: {KEYS['org']}"),
        ("ca_bundle: none.pem", f"ca_bundle: {NO_FILE}"),
        ("api_version: 58.0", "api_version: must be a version such as 66.0, and at least 60.0"),
        ("api_version: v66", "api_version: must be a version such as 66.0, and at least 60.0"),
        ("policy: {thresholds: {max_countries: -2}}", "policy.thresholds.max_countries: must be 0 or more"),
        ("schedule: {cron: soon}", f"schedule.cron: {CRON}"),
        ("limits: {run_hours: 0}", "limits.run_hours: must be 1 or more"),
        ("api_budget_percent: 0", "api_budget_percent: must be 1 or more"),
        ("api_budget_percent: 101", "api_budget_percent: must be 100 or less"),
        ("api_budget_percent: 75%", "api_budget_percent: must be a whole number"),
    ],
)
def test_a_mistake_of_an_org(mistakes, line: str, told: str) -> None:
    assert mistakes(f"{HEAD}    {line}\n") == [f"5: orgs[0].{told}"]


@pytest.mark.parametrize("name", ["Acme", "acme corp", "acme/eu", "acmé", "../acme", "-rf", "---"])
def test_a_name_that_is_no_folder_everywhere(mistakes, name: str) -> None:
    told = "must consist of a-z, 0-9 and -, and begin with a letter or digit: it becomes a folder name"
    assert mistakes(HEAD.replace("name: acme", f"name: {name}")) == [f"2: orgs[0].name: {told}"]


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.my.salesforce.com",
        "acme.my.salesforce.com",
        "https://acme.my.salesforce.com/services",
        "https://acme.my.salesforce.com?x=1",
        "https://acme.my.salesforce.com#x",
        "https://me:open-sesame@acme.my.salesforce.com",
        "https://acme.my.salesforce.com:99999",
        "https://",
        "https://[::1",
        "https://-acme.example",
        "https://acme..example",
        "https://acme.example.",
    ],
)
def test_an_address_that_is_not_an_org_over_tls(mistakes, url: str) -> None:
    text = HEAD.replace("https://acme.my.salesforce.com", f"'{url}'")
    assert mistakes(text) == [f"3: orgs[0].instance_url: {ORIGIN}"]


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.lightning.force.com",
        "https://acme--uat.sandbox.Lightning.force.com/lightning/page/home",
        "https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home",
    ],
)
def test_the_address_that_a_browser_shows_is_answered_with_where_the_right_one_is(mistakes, url: str) -> None:
    (mistake,) = mistakes(HEAD.replace("https://acme.my.salesforce.com", f"'{url}'"))
    assert mistake == (
        "3: orgs[0].instance_url: this is the address of Salesforce's pages, which has no API: use "
        "https:// and the org's My Domain (Setup > My Domain), which ends in .my.salesforce.com"
    )


@pytest.mark.parametrize(
    ("host", "character"),
    [
        ("h .example", "SPACE (U+0020)"),
        ("h.example%2fx", "PERCENT SIGN (U+0025)"),
        ("\N{CYRILLIC SMALL LETTER A}cme.my.salesforce.com", "CYRILLIC SMALL LETTER A (U+0430)"),
        ("acme\N{FULLWIDTH FULL STOP}example", "FULLWIDTH FULL STOP (U+FF0E)"),
        ("h_x.example", "LOW LINE (U+005F)"),
    ],
)
def test_a_host_with_a_character_that_no_host_has_names_the_character(mistakes, host: str, character: str) -> None:
    text = HEAD.replace("https://acme.my.salesforce.com", f"'https://{host}'")
    assert mistakes(text) == [
        f"3: orgs[0].instance_url: the host contains {character}, which may look like another character: use "
        "only a-z, 0-9, - and ., and the xn-- form of an internationalized name"
    ]


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ("{flow: jwt_baerer, client_id: a}", [
            f"flow: unknown flow (did you mean jwt_bearer?); allowed: {KEYS['flows']}",
        ]),
        ("{client_id: a}", [f"flow: this key is missing; allowed: {KEYS['flows']}"]),
        ("sf_cli", [": " + SECTION]),
        ("{flow: sf_cli}", ["alias: this key is missing"]),
        ("{flow: browser}", ["client_id: this key is missing"]),
        ("{flow: browser, client_id: a, client_secret: open-sesame}", [f"client_secret: {IN_THE_FILE}"]),
        ("{flow: browser, client_id: a, callback_port: 80}", ["callback_port: must be 1024 or more"]),
        ("{flow: browser, client_id: a, callback_port: 65536}", ["callback_port: must be 65,535 or less"]),
        ("{flow: browser, client_id: a, callback_port: yes}", ["callback_port: must be a number"]),
        ("{flow: client_credentials, client_id: a, client_secret: open-sesame}", [f"client_secret: {IN_THE_FILE}"]),
        ("{flow: client_credentials, client_id: a, client_secret: 12345}", [f"client_secret: {IN_THE_FILE}"]),
        ("{flow: client_credentials, client_id: a, client_secret: 'open-${S}'}", [f"client_secret: {IN_THE_FILE}"]),
        ("{flow: access_token, access_token: open-sesame}", [f"access_token: {IN_THE_FILE}"]),
        ("{flow: client_credentials, client_id: a, client_secret: null}", ["client_secret: this key is missing"]),
        ("{flow: refresh_token, refresh_token: open-sesame}", [
            "client_id: this key is missing",
            f"refresh_token: {IN_THE_FILE}",
        ]),
        ("{flow: refresh_token, client_id: a, refresh_token: ${S}, refresh: x}", [
            "refresh: unknown key (did you mean refresh_token?); "
            "allowed: flow, client_id, client_secret, refresh_token",
        ]),
        ("{flow: jwt_bearer, client_id: a, username: u, private_key_file: none.pem}", [f"private_key_file: {NO_FILE}"]),
        ("{flow: jwt_bearer, client_id: a, usrname: u, private_key_file: key.pem}", [
            "username: this key is missing",
            f"usrname: unknown key (did you mean username?); allowed: {KEYS['jwt']}",
        ]),
    ],
)  # fmt: skip
def test_a_mistake_in_signing_in(mistakes, tmp_path: Path, auth: str, told: list[str]) -> None:
    (tmp_path / "key.pem").touch()
    text = f"orgs:\n- name: acme\n  instance_url: https://acme.example\n  auth: {auth}\n"
    expected = [f"4: orgs[0].auth.{each}".replace(".: ", ": ") for each in told]
    assert mistakes(text, S="s") == expected


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(mistakes) -> None:
    text = """\
data_dir: ${DATA_DIR}
orgs:
  - name: acme
    instance_url: http://acme.my.salesforce.com
    auth:
      flow: client_credentials
      client_id: ${ACME_ID}
      client_secret: open-sesame
    ca_bundle: none.pem
  - name: acme
    instance_url: https://acme.my.salesforce.com
    auth:
      flow: refresh_token
      client_id: ${ACME_ID}
      refresh_token: ${REFRESH}
policy:
  thresholds:
    stale_days: 90
  waivers:
    - finding_type: nothing
      subject: s
      owner: o
      expires: never
"""
    told = [each.split(": ")[0:3] for each in mistakes(text)]
    assert [(int(line), key) for line, key, _ in told] == [
        (1, "data_dir"),
        (4, "orgs[0].instance_url"),
        (8, "orgs[0].auth.client_secret"),
        (9, "orgs[0].ca_bundle"),
        (10, "orgs[1].name"),
        (15, "orgs[1].auth.refresh_token"),
        (18, "policy.thresholds.stale_days"),
        (20, "policy.waivers[0].finding_type"),
        (20, "policy.waivers[0].reason"),
        (23, "policy.waivers[0].expires"),
    ]


def test_wrong_names_are_told_beside_an_unknown_key_of_their_section(mistakes) -> None:
    text = (
        HEAD
        + """\
policy:
  aproved_apps: []
  waivers:
    - {finding_type: inactive_users, subject: s, reason: r, owner: o, expires: 2027-01-31, until: 2027-01-31}
  justified_permissions:
    - {username: u, permissions: [ModifyAllDate], reason: r, owner: o, expires: 2027-01-31}
"""
    )
    assert [each.split("; allowed")[0] for each in mistakes(text)] == [
        "6: policy.aproved_apps: unknown key (did you mean approved_apps?)",
        "8: policy.waivers[0].finding_type: unknown finding type (did you mean inactive_user?)",
        "8: policy.waivers[0].until: unknown key",
        "10: policy.justified_permissions[0].permissions[0]: unknown powerful permission (did you mean ModifyAllData?)",
    ]


def test_no_mistake_shows_a_value(mistakes) -> None:
    secret = "open-sesame"
    text = HEAD.replace("name: acme", "name: ${S}").replace("https://acme.my.salesforce.com", "${S}") + (
        "    ca_bundle: ${S}\n    api_version: ${S}\n"
        "data_dir: [open-sesame]\n"
        "delivery: [{name: x, to: 'mailto://a:open-sesame@b', on: ${S}}]\n"
        "schedule: {cron: ${S}, timezone: ${S}}\n"
        "policy:\n"
        "  known_networks: [${S}]\n"
        "  thresholds: {max_countries: ${S}}\n"
        "  prices: {currency: ${S}, user_licenses: {SFDC: ${S}}}\n"
        "  integration_users: {name_words: ['${S}!']}\n"
        "  waivers: [{finding_type: ${S}, subject: a, reason: b, owner: c, expires: ${S}}]\n"
        "  justified_permissions: [{username: a, permissions: [${S}], reason: b, owner: c, expires: ${S}}]\n"
    )
    told = mistakes(text, S=f"{secret} Ω")
    assert len(told) == 18
    assert secret not in "".join(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("orgs:\n  - name: acme\n   instance_url: x", ":3: not valid YAML (expected <block end>"),
        ("orgs: [\n", ":2: not valid YAML "),
        ("\torgs: []", ":1: not valid YAML "),
        ("orgs: *nobody", ":1: not valid YAML (found undefined alias"),
        ("orgs: &loop [*loop]", ":1: not valid YAML (an alias that contains itself)"),
        ("orgs: !!python/object:os.system []", ":1: orgs: name at least one"),
        ("data_dir: !!python/name:os.system", ":1: not valid YAML (could not determine a constructor"),
        ("a: 1\n---\nb: 2", ":2: not valid YAML "),
        ("data_dir: a\norgs: \x07", ":2: not valid YAML "),
        ("", ":1: the file is empty; add at least one org under orgs"),
        ("# nothing yet\n", ":1: the file is empty; add at least one org under orgs"),
        ("- acme", f":1: {SECTION}"),
        ("acme", f":1: {SECTION}"),
        ("data_dir: x", ":1: orgs: this key is missing"),
        ("orgs:", ":1: orgs: this key is missing"),
        ("orgs: []", ":1: orgs: name at least one"),
        ("orgs: acme", ":1: orgs: must be a list, e.g. [a, b]"),
        ("orgs: [acme]", f":1: orgs[0]: {SECTION}"),
    ],
)
def test_a_file_that_is_no_configuration(load, tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(text)
    assert error.value.what.startswith(f"{tmp_path / 'spendready.yml'}{told}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yml was not found\. Create it"):
        load_settings(tmp_path / "none.yml", {})
    with pytest.raises(ConfigurationError, match=r"cannot be read \(Is a directory\)"):
        load_settings(tmp_path, {})
    path = tmp_path / "latin.yml"
    path.write_bytes("data_dir: Zürich".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"latin\.yml is not UTF-8 text"):
        load_settings(path, {})


def test_what_is_not_yaml_is_not_quoted(load) -> None:
    with pytest.raises(ConfigurationError) as error:
        load("orgs: [{auth: {client_secret: open-sesame: x}}]")
    assert "open-sesame" not in str(error.value)
