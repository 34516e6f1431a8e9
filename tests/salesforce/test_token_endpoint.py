"""What the token endpoint answers: each refusal has its own explanation, trouble of its own is waited out."""

import pytest

from demo_org.faults import Fault
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import OrgUnavailable
from spendready_pipeline.salesforce.client.connection import connect
from tests.salesforce.audits import settings_of

TOKEN = "/services/oauth2/token"


def refusal_of(demo, **answer) -> OrgError:
    """The error of a sign-in whose every token request is answered so."""
    demo.faults.append(Fault(path_prefix=TOKEN, times=99, **{"status": 400} | answer))
    with pytest.raises(OrgError) as error, connect(settings_of(demo)):
        pass
    return error.value


def token_requests(demo) -> int:
    return sum(request.path == TOKEN for request in demo.requests)


@pytest.mark.parametrize(
    ("code", "description", "what", "remediation"),
    [
        pytest.param(
            "app_not_found",
            "External client app is not installed in this org",
            "the client app is not installed in this org",
            "a refreshed sandbox loses its external client apps",
            id="app that this org does not have",
        ),
        pytest.param(
            "invalid_client",
            "External client app is not installed in this org",
            "the client app is not installed in this org",
            "Login History has no row",
            id="external client app not installed",
        ),
        pytest.param(
            "invalid_grant",
            "External client app is not installed in this org",
            "the client app is not installed in this org",
            "consumer key",
            id="external client app not installed, as a grant",
        ),
        pytest.param(
            "OAUTH_EC_APP_NOT_FOUND",
            "",
            "the client app is not installed in this org",
            "install or create",
            id="app that the org blocks",
        ),
        pytest.param(
            "invalid_grant",
            "request not supported on this domain",
            "the sign-in does not work at this address",
            "Set instance_url to the org's My Domain address",
            id="client credentials at login.salesforce.com",
        ),
        pytest.param(
            "unsupported_grant_type",
            "grant type not supported",
            "the client app does not allow this flow at this address",
            "use the org's My Domain address as instance_url",
            id="client credentials at a force.com host",
        ),
        pytest.param(
            "invalid_grant",
            "ip restricted",
            "this machine's network address, or the time of day, is not allowed",
            "login IP ranges",
            id="address not allowed",
        ),
        pytest.param(
            "invalid_grant",
            "IP restricted or invalid login hours",
            "this machine's network address, or the time of day, is not allowed",
            "login hours",
            id="hour not allowed",
        ),
        pytest.param(
            "invalid_grant",
            "login rate exceeded",
            "the user has signed in too often within the hour",
            "Wait an hour",
            id="too many sign-ins",
        ),
        pytest.param(
            "rate_limit_exceeded",
            "number of logins exceeded",
            "the user has signed in too often within the hour",
            "Wait an hour",
            id="too many sign-ins, by its own code",
        ),
        pytest.param(
            "invalid_client",
            "client identifier invalid",
            "the client id is unknown",
            "consumer key",
            id="wrong consumer key",
        ),
        pytest.param(
            "invalid_client",
            "invalid client credentials",
            "the client secret is wrong",
            "consumer secret",
            id="wrong consumer secret",
        ),
        pytest.param(
            "invalid_grant",
            "no client credentials user enabled",
            "the client app has no run-as user",
            "choose the run-as user",
            id="no run-as user",
        ),
        pytest.param(
            "invalid_grant",
            "audience is invalid",
            "the audience is wrong",
            "auth.audience",
            id="wrong audience",
        ),
        pytest.param("invalid_grant", "inactive user", "the user is inactive", "Choose an active user", id="inactive"),
        pytest.param(
            "invalid_grant",
            "authentication failure",
            "the credentials are not accepted",
            "Login History",
            id="something else about the grant",
        ),
    ],
)
def test_each_refusal_of_the_token_endpoint_says_what_it_means(demo, code, description, what, remediation) -> None:
    error = refusal_of(demo, error_code=code, message=description)
    assert error.what == f"demo: sign-in was refused, {what} ({code})"
    assert remediation in error.remediation
    assert token_requests(demo) == 1


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("HTTPS required", "invalid_something, https required"),
        ("said of jane@example.com", "invalid_something"),
        ("https required for jane@example.com", "invalid_something"),
    ],
)
def test_an_unknown_refusal_shows_salesforces_words_only_where_they_are_known_to_quote_nothing(
    demo, description, shown
) -> None:
    error = refusal_of(demo, error_code="invalid_something", message=description)
    assert error.what == f"demo: sign-in was refused ({shown})"


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"status": 400, "error_code": "unknown_error", "message": "retry your request"}, id="retry"),
        *(pytest.param({"status": status, "error_code": ""}, id=str(status)) for status in (500, 502, 503, 504)),
        pytest.param({"status": 503, "html": True}, id="page of the edge"),
        pytest.param({"status": 200, "html": True}, id="maintenance page"),
    ],
)
def test_trouble_of_the_token_endpoint_is_waited_out(demo, trouble) -> None:
    demo.faults.append(Fault(path_prefix=TOKEN, times=3, **trouble))
    with connect(settings_of(demo)) as connection:
        assert connection.count("Organization") == 1
    assert token_requests(demo) == 4


@pytest.mark.parametrize("status", [500, 503])
def test_lasting_trouble_of_the_token_endpoint_is_salesforces_not_the_users(demo, status) -> None:
    error = refusal_of(demo, status=status, error_code="")
    assert isinstance(error, OrgUnavailable)
    assert error.what == f"demo: sign-in failed, Salesforce answered HTTP {status} in every attempt"
    assert "status.salesforce.com" in error.remediation
    assert token_requests(demo) == 6


def test_a_lasting_unknown_error_is_salesforces_not_the_users(demo) -> None:
    error = refusal_of(demo, error_code="unknown_error", message="retry your request")
    assert error.what == "demo: sign-in was refused, Salesforce failed in every attempt (unknown_error)"
    assert "status.salesforce.com" in error.remediation


def test_a_page_instead_of_a_token_is_said_to_be_no_org(demo) -> None:
    error = refusal_of(demo, status=200, html=True)
    assert "something other than JSON" in error.what


def test_a_fresh_token_that_is_not_for_the_api_names_scope_access_control_and_address(demo) -> None:
    demo.faults.append(
        Fault(
            path_prefix="/services/data/v",
            times=99,
            status=401,
            error_code="INVALID_SESSION_ID",
            message="This session is not valid for use with the REST API",
        )
    )
    with pytest.raises(OrgError, match="the access token is valid, but") as error, connect(settings_of(demo)):
        pass
    for cause in ("scope api", "API Access Control", "IP relaxation", "session security level"):
        assert cause in error.value.remediation
    assert token_requests(demo) == 1


def test_a_token_that_expired_at_once_says_so_and_is_renewed_once(demo) -> None:
    demo.faults.append(
        Fault(path_prefix="/services/data/v", times=99, status=401, error_code="INVALID_SESSION_ID", message="expired")
    )
    with pytest.raises(OrgError, match="does not accept the access token"), connect(settings_of(demo)):
        pass
    assert token_requests(demo) == 2
