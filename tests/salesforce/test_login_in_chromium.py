"""`spendready login` as a user runs it: the command, a real browser, and an org over HTTPS."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,  # starts a browser, and the command line five times
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that takes the demo org's certificate; what goes wrong in it fails the test."""
    wrong: list[str] = []
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [each for each in wrong if "favicon" not in each and "404" not in each] == []


class Command:
    """The command line, with a configuration and a home of the test's own."""

    def __init__(self, demo, folder: Path) -> None:
        self.folder = folder
        (folder / "spendready.yml").touch(mode=0o600)  # a file that others can read is warned of
        (folder / "spendready.yml").write_text(demo.configuration("browser"))
        keyring_off = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        own = {"XDG_CONFIG_HOME": str(folder / "config"), "SPENDREADY_CONFIG": str(folder / "spendready.yml")}
        self.environment = os.environ | demo.environment | keyring_off | own

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "spendready_pipeline.cli.main", *arguments]
        return subprocess.Popen(
            command, env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture
def org(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return serve(callback_port=port, rotates_refresh_tokens=True)


def sign_in(page: Page, demo, login: subprocess.Popen[str], decision: str) -> None:
    """Opens the address that the command prints, and goes through Salesforce's pages."""
    assert login.stderr.readline().startswith("Open this address in a browser on this machine")
    page.goto(login.stderr.readline().strip())
    expect(page.get_by_label("Username")).to_have_value(demo.username)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log In").click()
    expect(page.get_by_text("Please check your username and password")).to_be_visible()
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Log In").click()
    expect(page.get_by_role("heading", name="Allow Access?")).to_be_visible()
    page.get_by_role("button", name=decision, exact=True).click()


def test_after_a_sign_in_in_the_browser_check_reads_the_org_again_and_again(org, page, tmp_path) -> None:
    command = Command(org, tmp_path)
    code, _, err = command.run("check")
    assert code == 1
    assert "spendready login --org demo" in err

    login = command.start("login", "--org", "demo", "--no-browser")
    sign_in(page, org, login, "Allow")
    expect(page.get_by_role("heading", name="SpendReady has the approval")).to_be_visible()
    expect(page.get_by_text("You can close this window")).to_be_visible()
    out, err = login.communicate(timeout=60)
    assert login.returncode == 0, err
    kept = tmp_path / "config" / "spendready" / "demo.json"
    assert out == f"demo: signed in at {org.instance_url} as {org.username}; the sign-in is stored in {kept}\n"

    for _ in range(2):  # the org rotates refresh tokens: the second proves that the first kept its replacement
        code, out, err = command.run("check")
        assert (code, err) == (0, "")
        assert f"demo: signed in at {org.instance_url} as {org.username}" in out


def test_a_sign_in_that_is_denied_in_the_browser_is_said_in_both_places(org, page, tmp_path) -> None:
    login = Command(org, tmp_path).start("login", "--no-browser")
    sign_in(page, org, login, "Deny")
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    out, err = login.communicate(timeout=60)
    assert (login.returncode, out) == (1, "")
    assert "error: demo: sign-in was refused, the sign-in was denied in the browser (access_denied)" in err
    assert not (tmp_path / "config" / "spendready" / "demo.json").exists()
