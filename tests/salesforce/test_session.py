"""At the wire: what may pass is repeated, what may not is not, and nothing but reading leaves."""

import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from demo_org.faults import Fault
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import ApiLimitExceeded, OrgUnavailable, SalesforceApiError
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.client.guard import ForbiddenRequest
from tests.salesforce.audits import settings_of

COUNT = "FROM Organization"


@pytest.fixture
def connected(demo):
    with connect(settings_of(demo)) as connection:
        demo.requests.clear()
        yield demo, connection


def asked(demo) -> int:
    return sum(COUNT in request.path for request in demo.requests)


@pytest.mark.parametrize(
    "fault",
    [
        *(pytest.param({"status": status}, id=str(status)) for status in (406, 420, 429, 500, 502, 503, 504)),
        pytest.param({"status": 503, "html": True}, id="503 with a web page"),
        pytest.param({"status": 429, "headers": {"Retry-After": "soon"}}, id="429 with nonsense in Retry-After"),
        pytest.param({"drop": True}, id="broken off in mid-answer"),
        pytest.param(
            {
                "status": 403,
                "error_code": "REQUEST_LIMIT_EXCEEDED",
                "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            },
            id="too many at once",
        ),
    ],
)
def test_what_passes_is_repeated_until_it_has_passed(connected, fault) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing=COUNT, times=2, **fault))
    assert connection.count("Organization") == 1
    assert asked(demo) == 3


def test_what_does_not_pass_is_given_up_after_six_attempts(connected) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing=COUNT, times=99, status=503, html=True))
    with pytest.raises(OrgUnavailable, match=r"demo: Salesforce answered with no error code \(HTTP 503\)"):
        connection.count("Organization")
    assert asked(demo) == 6


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "INVALID_FIELD", "No such column", SalesforceApiError),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", ApiLimitExceeded),
        (404, "NOT_FOUND", "The requested resource does not exist", SalesforceApiError),
    ],
)
def test_an_answer_that_would_be_the_same_again_is_not_asked_for_again(connected, status, code, message, kind) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing=COUNT, times=99, status=status, error_code=code, message=message))
    with pytest.raises(kind) as error:
        connection.count("Organization")
    assert error.value.code == code
    assert message not in str(error.value)
    assert asked(demo) == 1


def test_a_count_that_takes_too_long_is_asked_for_once_more(connected) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing=COUNT, status=500, error_code="QUERY_TIMEOUT"))
    assert connection.count("Organization") == 1
    demo.faults[:] = [Fault(containing=COUNT, times=99, status=500, error_code="QUERY_TIMEOUT")]
    demo.requests.clear()
    with pytest.raises(SalesforceApiError, match="QUERY_TIMEOUT"):
        connection.count("Organization")
    assert asked(demo) == 2


def test_salesforce_s_wish_to_wait_is_granted(connected) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing=COUNT, status=503, headers={"Retry-After": "1"}))
    started = time.monotonic()
    assert connection.count("Organization") == 1
    assert 1 <= time.monotonic() - started < 5


def test_waiting_is_bounded_whatever_salesforce_wishes(connected) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing=COUNT, status=503, headers={"Retry-After": "86400"}))
    started = time.monotonic()
    assert connection.count("Organization") == 1
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_sign_in_is_not_repeated(demo, status) -> None:
    demo.faults.append(Fault(path_prefix="/services/oauth2/token", status=status, error_code="", times=99))
    with pytest.raises(OrgError), connect(settings_of(demo)):
        pass
    assert len(demo.requests) == 1


def test_an_expired_token_is_renewed_once_for_all(connected) -> None:
    demo, connection = connected
    demo.end_sessions()
    assert connection.count("Organization") == 1
    assert [request.status for request in demo.requests] == [401, 200, 200]


@pytest.mark.parametrize("secret", ["AccessToken", "RequestToken", "DeleteToken", "accesstoken", "FIELDS(ALL)"])
def test_simple_salesforce_cannot_select_a_credential(connected, secret) -> None:
    demo, connection = connected
    with pytest.raises(ForbiddenRequest):
        connection._salesforce.query(f"SELECT Id, {secret} FROM OauthToken LIMIT 1")
    assert not demo.requests


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT ConsumerSecret FROM ConnectedApplication",
        "SELECT SessionId FROM AuthSession",
        "SELECT Id, (SELECT AccessToken2 FROM OauthTokens) FROM User",
    ],
)
def test_no_other_secret_field_leaves_in_a_query(connected, soql) -> None:
    demo, connection = connected
    with pytest.raises(ForbiddenRequest, match="objects or fields outside the catalog"):
        list(connection.pages(soql))
    assert not demo.requests


@pytest.mark.parametrize(
    "act",
    [
        lambda salesforce: salesforce._call_salesforce("GET", f"{salesforce.base_url}limits?_HttpMethod=PATCH"),
        lambda salesforce: salesforce.User.update("005000000000001AAA", {"IsActive": False}),
        lambda salesforce: salesforce.AuthSession.delete("0Ak000000000001AAA"),
        lambda salesforce: salesforce.OauthToken.get("0CQ000000000001AAA"),
        lambda salesforce: salesforce.Contact.create({"LastName": "x"}),
        lambda salesforce: salesforce.set_password("005000000000001AAA", "x"),
        lambda salesforce: salesforce.toolingexecute("executeAnonymous", method="POST"),
        lambda salesforce: list(salesforce.bulk2.User.query("SELECT Id FROM User")),
        lambda salesforce: salesforce.search("FIND {x}"),
    ],
    ids=[
        "method in the URL",
        "update",
        "delete",
        "get a row",
        "create",
        "password",
        "anonymous Apex",
        "bulk",
        "search",
    ],
)
def test_simple_salesforce_cannot_do_more_than_read(connected, act) -> None:
    demo, connection = connected
    with pytest.raises(ForbiddenRequest):
        act(connection._salesforce)
    assert not demo.requests


def test_an_error_tells_nothing_of_the_query(connected) -> None:
    demo, connection = connected
    demo.faults.append(Fault(containing="jane", status=400, error_code="INVALID_FIELD", message="No such column"))
    with pytest.raises(SalesforceApiError) as error:
        list(connection.pages("SELECT Id FROM User WHERE Username = 'jane@example.com'"))
    assert str(error.value) == "demo: Salesforce answered INVALID_FIELD (HTTP 400)"
    assert error.value.__cause__ is None


def test_calls_are_counted_as_the_org_counts_them(serve) -> None:
    demo = serve()
    with connect(settings_of(demo)) as connection:
        connection.count("User")
        left, allowed = connection.calls_left()
        assert connection.api_calls == allowed - left


def test_without_view_setup_the_calls_left_are_known_from_the_answers(serve) -> None:
    demo = serve(reader_lacks=frozenset({"ViewSetup"}), api_calls=50)
    with connect(settings_of(demo)) as connection:
        left, allowed = connection.calls_left()
    assert allowed == 50
    assert 0 < left < 50


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that refuses everything; gives its URL and what it was asked."""
    asked = []

    class Refusing(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline())
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_requests_go_through_the_proxy_of_the_environment(demo, proxy, monkeypatch) -> None:
    url, asked = proxy
    org = settings_of(demo)
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(OrgError, match="the proxy could not reach"), connect(org):
        pass
    assert asked[0].startswith(b"CONNECT localhost:")
    asked.clear()
    monkeypatch.setenv("NO_PROXY", "localhost")
    with connect(org) as connection:
        assert connection.count("Organization") == 1
    assert not asked
