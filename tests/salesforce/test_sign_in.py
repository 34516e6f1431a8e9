"""Signing in works by each flow; each way that goes wrong has one clear message, no secret in it, no repetition."""

import socket

import pytest
import requests
from pydantic import SecretStr

from demo_org.faults import Fault
from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.client.guard import Origin
from spendready_pipeline.salesforce.client.session import OrgSession
from spendready_pipeline.salesforce.client.sign_in import SignIn, audience_of
from spendready_pipeline.salesforce.configuration import AccessToken
from tests.salesforce.audits import settings_of

TOKEN = "/services/oauth2/token"


def token_requests(demo) -> int:
    return sum(request.path == TOKEN for request in demo.requests)


@pytest.mark.parametrize("flow", ["client_credentials", "jwt_bearer", "refresh_token"])
def test_each_flow_signs_in_with_one_request_for_a_token(demo, flow) -> None:
    with connect(settings_of(demo, flow)) as connection:
        assert connection.reader.username == demo.username
        assert connection.count("Organization") == 1
    assert token_requests(demo) == 1
    assert {request.method for request in demo.requests if request.path != TOKEN} == {"GET"}


def test_an_access_token_is_used_as_it_is(demo) -> None:
    with connect(settings_of(demo)) as connection:
        token = connection.session.token
    auth = AccessToken(flow="access_token", access_token=SecretStr(token))
    with connect(settings_of(demo).model_copy(update={"auth": auth})) as connection:
        assert connection.reader.username == demo.username
    assert token_requests(demo) == 1


def test_an_access_token_that_has_ended_says_so(demo) -> None:
    auth = AccessToken(flow="access_token", access_token=SecretStr("00D000000000001!ended"))
    with (
        pytest.raises(OrgError, match="the access token has expired") as error,
        connect(settings_of(demo).model_copy(update={"auth": auth})),
    ):
        pass
    assert "00D000000000001!ended" not in str(error.value)


@pytest.mark.parametrize(
    ("flow", "wrong", "message"),
    [
        ("client_credentials", {"client_secret": SecretStr("WRONG-SECRET")}, "the client secret is wrong"),
        ("client_credentials", {"client_id": "WRONG-SECRET"}, "the client id is unknown"),
        (
            "refresh_token",
            {"refresh_token": SecretStr("WRONG-SECRET")},
            "the refresh token has expired, was revoked, or was replaced",
        ),
        ("jwt_bearer", {"username": "nobody@example.com"}, "the user has not approved the client app"),
        ("jwt_bearer", {"audience": "https://elsewhere.example"}, "the audience is wrong"),
    ],
)
def test_a_refused_sign_in_says_why_and_is_not_repeated(demo, flow, wrong, message) -> None:
    with (
        pytest.raises(OrgError, match=f"demo: sign-in was refused, {message}") as error,
        connect(settings_of(demo, flow, auth=wrong)),
    ):
        pass
    assert error.value.remediation
    assert "WRONG-SECRET" not in str(error.value)
    assert token_requests(demo) == 1


@pytest.mark.parametrize(
    ("key", "message"),
    [(None, "cannot be read"), ("not a key", "not a usable RSA private key")],
)
def test_a_private_key_that_cannot_be_used_is_a_mistake_of_configuration(demo, tmp_path, key, message) -> None:
    path = tmp_path / "key.pem"
    if key:
        path.write_text(key)
    with (
        pytest.raises(ConfigurationError, match=message),
        connect(settings_of(demo, "jwt_bearer", auth={"private_key_file": path})),
    ):
        pass
    assert not demo.requests


def test_an_unknown_host_is_named(demo) -> None:
    settings = settings_of(demo, instance_url="https://nowhere.invalid")
    with pytest.raises(OrgError, match=r"demo: host https://nowhere\.invalid not found"), connect(settings):
        pass


def test_a_host_that_does_not_answer_is_named(demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = settings_of(demo, instance_url=f"https://localhost:{port}")
    with pytest.raises(OrgError, match=f"nothing answers at https://localhost:{port}"), connect(settings):
        pass


def test_an_untrusted_certificate_says_how_to_trust_it(demo) -> None:
    settings = settings_of(demo, ca_bundle=None)
    with pytest.raises(OrgError, match="is not trusted") as error, connect(settings):
        pass
    assert "ca_bundle" in error.value.remediation
    assert not demo.requests


def test_a_certificate_for_another_host_is_refused(demo) -> None:
    """127.1 is the same machine under a name that the certificate does not have."""
    url = demo.instance_url.replace("localhost", "127.1")
    with pytest.raises(OrgError, match="is for another host"), connect(settings_of(demo, instance_url=url)):
        pass
    assert not demo.requests


def test_the_environment_s_certificates_do_not_win_over_the_org_s(demo, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    with connect(settings_of(demo)) as connection:
        assert connection.count("Organization") == 1


def test_the_environment_s_certificates_are_trusted_where_the_org_has_none(demo, monkeypatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(demo.ca_file))
    with connect(settings_of(demo, ca_bundle=None)) as connection:
        assert connection.count("Organization") == 1


def test_certificates_that_cannot_be_read_are_a_mistake_of_configuration(demo, tmp_path) -> None:
    (tmp_path / "root.pem").write_text("no certificate")
    with (
        pytest.raises(ConfigurationError, match="the certificates of ca_bundle cannot be read"),
        connect(settings_of(demo, ca_bundle=tmp_path / "root.pem")),
    ):
        pass


def test_a_netrc_entry_does_not_take_the_place_of_the_token(demo, tmp_path, monkeypatch) -> None:
    (tmp_path / "netrc").write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with connect(settings_of(demo)) as connection:
        assert connection.count("Organization") == 1


@pytest.mark.parametrize("path", [TOKEN, "/services/data/v"])
def test_nothing_follows_a_redirect_to_another_host_nor_recommends_it(demo, path) -> None:
    away = Fault(path_prefix=path, status=307, headers={"Location": "https://evil.example/services/oauth2/token"})
    demo.faults.append(away)
    with (
        pytest.raises(OrgError, match=r"redirects to https://evil\.example") as error,
        connect(settings_of(demo)),
    ):
        pass
    assert "evil.example" not in error.value.remediation


class CommonSignInHost(requests.adapters.BaseAdapter):
    """login.salesforce.com, as it answers: it gives a token for an org that is elsewhere."""

    def send(self, request, **_):
        answer = requests.Response()
        answer.status_code = 200
        answer.request, answer.url = request, request.url
        answer.headers["Content-Type"] = "application/json"
        answer._content = b'{"access_token": "00D!x", "instance_url": "https://acme.my.salesforce.com"}'
        return answer

    def close(self) -> None:
        pass


def test_the_common_sign_in_host_is_refused_with_the_org_s_own_url(demo) -> None:
    settings = settings_of(demo, instance_url="https://login.salesforce.com")
    session = OrgSession("acme", "https://login.salesforce.com")
    session.mount("https://login.salesforce.com", CommonSignInHost())
    with pytest.raises(OrgError, match="is only for sign-in") as error:
        SignIn(settings, session)()
    assert error.value.remediation == "Set instance_url to https://acme.my.salesforce.com"


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://inspiration-moon-1234.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://scratch.my.example", "https://scratch.my.example"),
        ("https://salesforce.acme.example:8443", "https://salesforce.acme.example:8443"),
    ],
)
def test_the_audience_follows_from_the_host(url, audience) -> None:
    origin = Origin.of(url)
    assert origin is not None
    assert audience_of(origin) == audience
