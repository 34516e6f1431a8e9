"""The command line as people and scripts meet it: one clear message a mistake, the promised exit code, no secret."""

import csv
import gzip
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_org.serve import DemoOrg
from spendready_pipeline.cli.demo import configure_demo
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.settings import load_settings
from tests.pipeline.companies import Company

CANARY = b"NOBODY-MAY-READ"
"""What the demo org would answer for a token's own secret."""


@pytest.fixture
def company(demo_org, tmp_path: Path) -> Company:
    """A company that has audited nothing yet."""
    return Company(tmp_path / "company", demo_org)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _assert_one_message(ended, code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, ended.stderr
    for word in words:
        assert word in ended.stderr


def _assert_no_secret(company: Company, ended) -> None:
    for secret in (company.org.client_secret, company.org.refresh_token):
        assert secret not in ended.stdout + ended.stderr
        leaks = [path for path in _files(company.folder) if secret.encode() in path.read_bytes()]
        assert leaks == []


def test_an_unknown_host(company: Company) -> None:
    company.configure((company.org.instance_url, "https://no-such-org.invalid"))
    ended = company.command("check")
    _assert_one_message(ended, 1, "demo: ", "no-such-org.invalid")
    _assert_no_secret(company, ended)


def test_a_certificate_that_nobody_trusts(company: Company) -> None:
    company.configure((f"  ca_bundle: {company.org.ca_file}\n", ""))
    ended = company.command("check")
    _assert_one_message(ended, 1, "demo: ", "certificate", "ca_bundle")
    _assert_no_secret(company, ended)


def test_a_mistyped_key(company: Company) -> None:
    company.configure(("instance_url:", "instance_urll:"))
    ended = company.command("run")
    _assert_one_message(ended, 2, "instance_urll", "instance_url")
    _assert_no_secret(company, ended)


def test_a_missing_environment_variable(company: Company) -> None:
    ended = company.command("run", DEMO_CLIENT_SECRET=None)
    _assert_one_message(ended, 2, "DEMO_CLIENT_SECRET")
    _assert_no_secret(company, ended)


@pytest.mark.parametrize("command", ["run", "verify"])
def test_a_data_dir_that_can_be_no_folder(company: Company, command: str) -> None:
    in_the_way = company.folder / "data"
    in_the_way.write_text("a file")
    _assert_one_message(company.command(command, DAGSTER_HOME=None), 1, str(in_the_way), "data_dir")


def test_run_records_that_dagster_cannot_write(company: Company) -> None:
    records = Path(company.environment["DAGSTER_HOME"]) / "history" / "runs.db"
    records.parent.mkdir(parents=True)
    records.write_bytes(b"no database, but long enough to be read as one " * 100)
    _assert_one_message(company.command("run"), 1, "demo: Dagster cannot keep its runs", "not a database", "disk")


def test_a_good_run_leaves_no_secret_anywhere(audited: Company) -> None:
    org = load_settings(audited.folder / "spendready.yml", audited.environment).org("demo")
    with connect(org) as connection:
        prefix = connection.session.token.split("!")[0] + "!"
    secrets = [CANARY, prefix.encode(), audited.org.client_secret.encode(), audited.org.refresh_token.encode()]
    scanned = list(_files(audited.folder))
    assert any(path.name == "runs.db" for path in scanned)
    assert any(path.suffix == ".gz" for path in scanned)
    for path in scanned:
        content = _plain(path)
        assert [secret for secret in secrets if secret in content] == [], path


def _plain(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_findings_as_csv_and_json_are_what_is_published(audited: Company) -> None:
    published = {each["finding_id"] for each in audited.published("from findings")}
    as_csv = audited.command("findings", "--format", "csv")
    as_json = audited.command("findings", "--format", "json")
    assert (as_csv.returncode, as_json.returncode) == (0, 0)
    assert {row["finding_id"] for row in csv.DictReader(io.StringIO(as_csv.stdout))} == published
    assert {row["finding_id"] for row in json.loads(as_json.stdout)} == published


def test_findings_of_one_type(audited: Company) -> None:
    ended = audited.command("findings", "--type", "stale_oauth_token", "--format", "json")
    planted = audited.org.planted("finding")
    stale = {each["subject_id"] for each in planted if each["finding_type"] == "stale_oauth_token"}
    assert {row["subject_id"] for row in json.loads(ended.stdout)} == stale


@pytest.mark.parametrize("command", ["findings", "verify"])
def test_who_only_reads_needs_neither_secrets_nor_certificates(audited: Company, demo_org, command: str) -> None:
    reader = audited.copy(audited.folder.parent / f"reader-{command}", demo_org)
    reader.configure((str(demo_org.ca_file), "gone.pem"))
    ended = reader.command(command, "--org", "demo", **dict.fromkeys(demo_org.environment))
    assert (ended.returncode, "error" in ended.stderr) == (0, False), ended.stderr
    _assert_one_message(reader.command(command, "--org", "dmeo"), 2, "org dmeo not found", "Its orgs are: demo")


def test_verify_proves_nothing_where_there_is_no_evidence(company: Company) -> None:
    ended = company.command("verify")
    assert ended.returncode == 1
    assert ended.stdout == f"demo: no evidence found under {company.files.root}, so nothing is verified\n"


def test_check_says_what_may_be_read_and_writes_nothing(company: Company) -> None:
    before = sorted(company.folder.rglob("*"))
    ended = company.command("check")
    assert ended.returncode == 0, ended.stderr
    assert "OauthToken" in ended.stdout
    assert sorted(company.folder.rglob("*")) == before


def test_deliver_without_a_destination_says_that_nothing_was_sent(company: Company) -> None:
    ended = company.command("deliver")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "nothing was sent: no destination under delivery gets reports" in ended.stderr


def test_the_demo_leaves_the_configuration_and_the_data_of_others_alone(company: Company) -> None:
    written = (company.folder / "spendready.yml").read_bytes()
    kept = company.folder / "data" / "demo" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    ended = company.command("demo", "--folder", ".")
    _assert_one_message(ended, 2, "spendready.yml", "--folder")
    assert (company.folder / "spendready.yml").read_bytes() == written
    assert kept.exists()


def test_a_port_that_is_none(company: Company) -> None:
    ended = company.command("demo-org", "--port", "99999")
    assert ended.returncode == 2
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_dagster_reads_the_configuration_of_a_demo_whose_org_has_ended(tmp_path: Path) -> None:
    configuration = tmp_path / "spendready.yml"
    with DemoOrg(50) as org:
        configure_demo(org, configuration)
    settings = load_settings(configuration, dict.fromkeys(org.environment, "ended"))
    assert settings.org("demo").ca_bundle == tmp_path / "ca.pem"


def test_verify_notices_one_changed_byte(audited: Company, demo_org, tmp_path: Path) -> None:
    company = Company(tmp_path / "company", demo_org)
    shutil.copytree(audited.folder / "data", company.folder / "data")
    assert company.command("verify").returncode == 0
    page = next(company.files.evidence.glob("*/OauthToken/*"))
    content = bytearray(page.read_bytes())
    content[len(content) // 2] ^= 1
    page.chmod(0o644)
    page.write_bytes(content)
    ended = company.command("verify")
    assert ended.returncode == 1
    assert page.name in ended.stdout


@pytest.mark.parametrize("command", ["demo", "demo-org"])
@pytest.mark.parametrize("package", ["lark", "trustme"])
def test_without_the_extra_of_the_demo_org_its_commands_say_how_to_install_it(command: str, package: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; from spendready_pipeline.cli.main import main; main()"
    ended = subprocess.run([sys.executable, "-c", program, command], capture_output=True, text=True, check=False)
    _assert_one_message(ended, 2, package, "pip install -e '.[demo]'")
