"""Starting and stopping the demo org, its folder, and the `spendready.yml` that connects to it."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from demo_org.serve import DemoOrg, PortTakenError, serve_forever

SERVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from demo_org.serve import serve_forever

serve_forever(50, 1, 0, datetime(2026, 11, 2, 6, tzinfo=UTC), Path(sys.argv[1]))
print("stopped cleanly", flush=True)
"""


def test_the_same_folder_keeps_its_authority_and_credentials(org_file, tmp_path, sign_in):
    with DemoOrg(org_file(), folder=tmp_path) as org:
        before = org.environment, org.ca_file.read_bytes(), org.private_key_file.read_bytes()
    with DemoOrg(org_file(), folder=tmp_path) as org:
        assert (org.environment, org.ca_file.read_bytes(), org.private_key_file.read_bytes()) == before
        assert sign_in(org).get("/limits").status_code == 200


def test_different_orgs_have_different_credentials(org_file):
    with DemoOrg(org_file()) as one, DemoOrg(org_file()) as other:
        assert not set(one.environment.values()) & set(other.environment.values())
        assert one.ca_file.read_bytes() != other.ca_file.read_bytes()


def test_keys_are_for_their_owner_alone(demo_org):
    for name in ("ca-key.pem", "client-key.pem"):
        assert stat.S_IMODE((demo_org.folder / name).stat().st_mode) == 0o600


def test_the_content_of_a_copied_org_is_left_alone(org_file):
    path = org_file()
    before = path.read_bytes()
    with DemoOrg(path) as org:
        org.change('delete from org."User" where not "IsActive"')
    assert path.read_bytes() == before


def test_a_temporary_folder_is_removed(org_file):
    with DemoOrg(org_file()) as org:
        folder = org.folder
        assert folder.is_dir()
    assert not folder.exists()


def test_a_taken_port_is_said_plainly(demo_org, org_file):
    port = int(demo_org.instance_url.rsplit(":", 1)[1])
    with pytest.raises(PortTakenError, match=f"port {port} .* is taken"), DemoOrg(org_file(), port=port):
        pass


@pytest.mark.parametrize(
    ("flow", "keys"),
    [
        ("client_credentials", {"flow", "client_id", "client_secret"}),
        ("jwt_bearer", {"flow", "client_id", "username", "private_key_file", "audience"}),
        ("refresh_token", {"flow", "client_id", "client_secret", "refresh_token"}),
    ],
)
def test_the_configuration_names_secrets_and_does_not_tell_them(demo_org, flow, keys):
    text = demo_org.configuration(flow, name="acme", data_dir="elsewhere", policy={"approved_apps": ["Zapier"]})
    content = yaml.safe_load(text)
    assert content["data_dir"] == "elsewhere"
    assert content["policy"] == {"approved_apps": ["Zapier"]}
    [org] = content["orgs"]
    assert org["auth"].keys() == keys
    assert (org["name"], org["auth"]["flow"]) == ("acme", flow)
    assert org["instance_url"] == demo_org.instance_url
    assert Path(org["ca_bundle"]) == demo_org.ca_file
    for name, value in demo_org.environment.items():
        assert value not in text
        assert (f"${{{name}}}" in text) == (name in {f"DEMO_{key.upper()}" for key in keys})


def test_the_reader_of_an_org_without_its_own_is_the_first_active_user(serve_demo_org):
    org = serve_demo_org()
    org.change(f"""update org."User" set "Username" = 'x' || "Username" where "Username" = '{org.username}'""")
    org.stop()
    org.start()
    assert org.username
    assert not org.username.startswith("x")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_serving_until_a_signal(tmp_path, number):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path / "org")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        said = list(iter(process.stdout.readline, "\n"))
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, rest, errors) == (0, "stopped cleanly\n", "")
    content = yaml.safe_load("".join(said))
    assert content["orgs"][0]["instance_url"].startswith("https://localhost:")
    assert content["policy"]["prices"]["currency"] == "USD"
    assert any(line.startswith("#   export DEMO_CLIENT_SECRET=") for line in said)
    assert [path.name for path in tmp_path.iterdir()] == ["org"]
    names = {path.name for path in (tmp_path / "org").iterdir()}
    assert names == {"ca.pem", "ca-key.pem", "client-key.pem", "content.duckdb"}


def test_serving_on_a_taken_port_leaves_signals_as_they_were(demo_org, tmp_path):
    port = int(demo_org.instance_url.rsplit(":", 1)[1])
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(PortTakenError):
        serve_forever(50, 1, port, None, tmp_path)
    assert signal.getsignal(signal.SIGTERM) is before
