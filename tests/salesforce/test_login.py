"""`spendready login`: a person approves in the browser, the sign-in is kept, and runs use it from then on.

The browser is played by plain HTTP requests; test_login_in_chromium.py has a real one.
"""

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from pydantic import SecretStr

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client.browser_login import code_challenge, log_in
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.client.stored_sign_in import SignInStore
from spendready_pipeline.salesforce.configuration import Browser
from tests.salesforce.audits import settings_of

SECONDS = 20.0
LINUX_SOCKETS = Path("/proc/net/tcp")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def org(serve, port):
    """An org whose client app has a callback URL at a free port."""
    return serve(callback_port=port)


class Person:
    """Somebody at a browser: opens the address that is shown, and does as told, in a thread of their own."""

    def __init__(self, demo, act: Callable[["Person", str], None]) -> None:
        self.demo = demo
        self.act = act
        self.pages: list[requests.Response] = []
        self.address = ""
        self.thread: threading.Thread | None = None

    def __call__(self, address: str) -> None:
        self.address = address
        self.thread = threading.Thread(target=self.act, args=(self, address))
        self.thread.start()

    def done(self) -> "Person":
        assert self.thread is not None
        self.thread.join(SECONDS)
        return self

    def open(self, url: str) -> requests.Response:
        page = requests.get(url, verify=str(self.demo.ca_file), timeout=SECONDS)
        self.pages.append(page)
        return page

    def submit(self, page: requests.Response, **form: str) -> requests.Response:
        form["request"] = re.search(r'name="request" value="([^"]+)"', page.text)[1]
        action = re.search(r'action="([^"]+)"', page.text)[1]
        url = self.demo.instance_url + action
        answer = requests.post(url, data=form, verify=str(self.demo.ca_file), timeout=SECONDS)
        self.pages.append(answer)
        return answer


def approve(person: Person, address: str, decision: str = "allow") -> None:
    login = {"username": person.demo.username, "password": person.demo.password}
    consent = person.submit(person.open(address), **login)
    person.submit(consent, decision=decision)


def deny(person: Person, address: str) -> None:
    approve(person, address, "deny")


def callback(person: Person, address: str, **changed: str) -> str:
    """The callback URL with the state that was asked for, and what a test puts beside it."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], **changed})}"


def logged_in(demo, act, **auth) -> tuple[Person, str]:
    person = Person(demo, act)
    try:
        return person, log_in(settings_of(demo, "browser", auth=auth), person, SECONDS)
    finally:
        person.done()


def test_an_approval_signs_in_and_is_used_by_every_run_from_then_on(org) -> None:
    person, where = logged_in(org, approve)
    assert where == str(SignInStore("demo").path)
    assert person.pages[-1].url.startswith("http://localhost:")
    assert "You can close this window" in person.pages[-1].text
    org.requests.clear()
    for _ in range(2):
        with connect(settings_of(org, "browser")) as connection:
            assert connection.reader.username == org.username
            assert connection.warnings == ()
    assert sum(request.path == "/services/oauth2/token" for request in org.requests) == 2


def test_the_address_asks_for_a_code_with_state_and_challenge_and_names_no_secret(org, port) -> None:
    secret = SecretStr(org.client_secret)
    person, _ = logged_in(org, approve, client_secret=secret)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(person.address).query).items()}
    assert person.address.startswith(f"{org.instance_url}/services/oauth2/authorize?")
    assert asked.keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    }
    assert asked["redirect_uri"] == f"http://localhost:{port}/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["state"]) >= 43
    assert org.client_secret not in person.address


def test_the_challenge_is_the_verifiers_sha256() -> None:
    """The example of RFC 7636, appendix B."""
    assert (
        code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_each_sign_in_has_a_state_and_challenge_of_its_own(org) -> None:
    one, other = (parse_qs(urlsplit(logged_in(org, approve)[0].address).query) for _ in range(2))
    assert one["state"] != other["state"]
    assert one["code_challenge"] != other["code_challenge"]


def test_a_denied_consent_is_said_and_stores_nothing(org) -> None:
    with pytest.raises(OrgError, match=r"the sign-in was denied in the browser \(access_denied\)") as error:
        logged_in(org, deny)
    assert "Allow" in error.value.remediation
    assert SignInStore("demo").read() is None


def test_nobody_at_the_browser_is_said_with_the_callback_url(org, port) -> None:
    with pytest.raises(OrgError, match="nobody approved the sign-in") as error:
        log_in(settings_of(org, "browser"), lambda _: None, seconds=0.1)
    assert f"http://localhost:{port}/callback" in error.value.remediation


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"state": "another", "code": "stolen"}, 400),
        ({"code": ""}, 400),
        ({"code": "both", "error": "access_denied"}, 400),
        ({}, 400),
    ],
)
def test_an_answer_that_does_not_belong_to_the_sign_in_changes_nothing(org, query, status) -> None:
    def first_another_answer(person: Person, address: str) -> None:
        assert person.open(callback(person, address, **query)).status_code == status
        approve(person, address)

    person, _ = logged_in(org, first_another_answer)
    assert person.pages[0].status_code == status
    assert "You can close this window" in person.pages[-1].text


def test_other_addresses_and_methods_of_the_port_are_not_answered(org) -> None:
    def first_something_else(person: Person, address: str) -> None:
        base = callback(person, address).partition("/callback")[0]
        person.open(f"{base}/favicon.ico")
        person.pages.append(requests.post(f"{base}/callback", timeout=SECONDS))
        approve(person, address)

    person, _ = logged_in(org, first_something_else)
    assert [page.status_code for page in person.pages[:2]] == [404, 501]


def test_a_state_that_is_given_twice_is_no_state(org) -> None:
    def twice(person: Person, address: str) -> None:
        url = callback(person, address, code="stolen")
        person.open(f"{url}&state=another")
        approve(person, address)

    person, _ = logged_in(org, twice)
    assert person.pages[0].status_code == 400


def test_a_browser_that_opens_a_connection_and_says_nothing_holds_nothing_up(org, port) -> None:
    with ExitStack() as open_connections:

        def first_connect(person: Person, address: str) -> None:
            for _ in range(3):
                open_connections.enter_context(socket.create_connection(("127.0.0.1", port)))
            approve(person, address)

        logged_in(org, first_connect)


def test_the_page_after_sign_in_hides_the_code_from_others_and_loads_nothing(org) -> None:
    person, _ = logged_in(org, approve)
    headers = person.pages[-1].headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    code = parse_qs(urlsplit(person.pages[-1].url).query)["code"][0]
    assert code not in person.pages[-1].text


def test_a_port_that_is_taken_is_said_with_the_way_out(org, port) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(OrgError, match=f"port {port} of this machine is in use") as error,
    ):
        log_in(settings_of(org, "browser"), lambda _: None)
    assert "auth.callback_port" in error.value.remediation


@pytest.mark.skipif(not LINUX_SOCKETS.exists(), reason="only Linux lists its sockets in a file")
def test_the_port_listens_on_this_machine_alone_and_no_longer_than_the_sign_in(org, port, monkeypatch) -> None:
    listening: list[str] = []

    def look(person: Person, address: str) -> None:
        sockets = (line.split() for line in LINUX_SOCKETS.read_text("ascii").splitlines()[1:])
        listening.extend(local for _, local, *_ in sockets if local.endswith(f":{port:04X}"))
        approve(person, address)

    logged_in(org, look)
    assert set(listening) == {f"0100007F:{port:04X}"}
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_an_app_without_the_scope_for_it_is_told_how_to_get_a_refresh_token(org, monkeypatch) -> None:
    without = "demo_org.approvals.Approvals.approve"
    monkeypatch.setattr(without, lambda *_: "")
    with pytest.raises(OrgError, match="Salesforce gave no refresh token") as error:
        logged_in(org, approve)
    assert "refresh_token, offline_access" in error.value.remediation


def test_an_org_of_another_flow_needs_no_browser(demo) -> None:
    with pytest.raises(ConfigurationError, match="signs in by flow client_credentials"):
        log_in(settings_of(demo), lambda _: None)


def test_a_run_without_a_stored_sign_in_says_how_to_make_one(org) -> None:
    with (
        pytest.raises(OrgError, match="demo: no stored sign-in") as error,
        connect(settings_of(org, "browser")),
    ):
        pass
    assert "spendready login --org demo" in error.value.remediation
    assert not org.requests


@pytest.mark.parametrize("changed", ["address", "client app"])
def test_a_stored_sign_in_goes_to_its_own_address_and_app_alone(org, serve, changed) -> None:
    logged_in(org, approve)
    settings = settings_of(org, "browser")
    if changed == "address":
        other = serve()
        settings = settings.model_copy(update={"instance_url": other.instance_url, "ca_bundle": other.ca_file})
    else:
        other = org
        settings = settings.model_copy(update={"auth": Browser(flow="browser", client_id="3MVG9another")})
    other.requests.clear()
    with pytest.raises(OrgError, match="belongs to another address or client app"), connect(settings):
        pass
    assert not other.requests


def test_a_secret_that_the_app_asks_for_is_sent_with_code_and_refresh_token(org) -> None:
    with pytest.raises(OrgError, match="the client secret is wrong"):
        logged_in(org, approve, client_secret=SecretStr("wrong"))
    logged_in(org, approve, client_secret=SecretStr(org.client_secret))
    with (
        pytest.raises(OrgError, match="the client secret is wrong"),
        connect(settings_of(org, "browser", auth={"client_secret": SecretStr("wrong")})),
    ):
        pass


def test_the_verifier_leaves_with_the_code_and_not_before(org, monkeypatch) -> None:
    """Whoever reads the browser's addresses has the challenge alone, from which nobody gets the verifier."""
    sent: list[dict[str, str]] = []
    post = requests.Session.post

    def noting(session, url, data=None, **options):
        sent.append(dict(data))
        return post(session, url, data=data, **options)

    monkeypatch.setattr("spendready_pipeline.salesforce.client.session.OrgSession.post", noting)
    person, _ = logged_in(org, approve)
    (form,) = (each for each in sent if each["grant_type"] == "authorization_code")
    verifier = form["code_verifier"]
    assert 43 <= len(verifier) <= 128
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert parse_qs(urlsplit(person.address).query)["code_challenge"] == [digest]
    assert not any(verifier in page.url for page in person.pages)
