"""Approving the client app in a browser: the pages, what is checked, and the codes and tokens that come of it."""

import base64
import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from demo_org.approvals import CODE_SECONDS, MAX_APPROVALS, Approvals, Request

VERIFIER = "a-verifier-of-more-than-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://localhost:1717/callback"
AUTHORIZE = "/services/oauth2/authorize"


def question(org, **changed):
    asked = {
        "response_type": "code",
        "client_id": org.client_id,
        "redirect_uri": CALLBACK,
        "scope": "api refresh_token",
        "state": "a state & more",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return {name: value for name, value in asked.items() if value is not None}


def hidden(page) -> str:
    return re.search(r'name="request" value="([^"]+)"', page.text)[1]


@pytest.fixture
def approve(stranger) -> Callable[..., dict[str, list[str]]]:
    """Goes through the pages as a user does, and gives what the browser brings to the callback URL."""

    def approve(decision="allow", **changed):
        page = stranger.send("GET", AUTHORIZE, params=question(stranger.org, **changed), allow_redirects=False)
        if page.status_code == 200:
            login = {"username": stranger.org.username, "password": stranger.org.password, "request": hidden(page)}
            page = stranger.send("POST", AUTHORIZE, data=login)
            form = {"request": hidden(page), "decision": decision}
            path = re.search(r'action="([^"]+)"', page.text)[1]
            page = stranger.send("POST", path, data=form, allow_redirects=False)
        assert page.status_code == 302
        assert page.headers["Location"].startswith(f"{CALLBACK}?")
        return parse_qs(urlsplit(page.headers["Location"]).query)

    return approve


def exchange(client, code, **changed):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.org.client_id,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return client.token(**{name: value for name, value in form.items() if value is not None})


def error_of(answer):
    assert answer.status_code == 400
    return answer.json()["error"], answer.json()["error_description"]


def test_an_approval_gives_a_code_and_the_code_gives_tokens(stranger, approve) -> None:
    brought = approve()
    assert brought.keys() == {"code", "state"}
    assert brought["state"] == ["a state & more"]
    granted = exchange(stranger, brought["code"][0]).json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    who = stranger.send("GET", "/services/oauth2/userinfo", headers=headers).json()
    assert who["preferred_username"] == stranger.org.username
    again = stranger.token(
        grant_type="refresh_token", refresh_token=granted["refresh_token"], client_id=stranger.org.client_id
    )
    assert again.status_code == 200
    assert "refresh_token" not in again.json()


def test_a_code_is_good_once(stranger, approve) -> None:
    code = approve()["code"][0]
    assert exchange(stranger, code).status_code == 200
    assert error_of(exchange(stranger, code)) == ("invalid_grant", "expired authorization code")
    assert error_of(exchange(stranger, "aPrx-never-issued")) == ("invalid_grant", "invalid authorization code")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "another-verifier"}, ("invalid_request", "invalid code verifier")),
        ({"code_verifier": None}, ("invalid_grant", "invalid code verifier")),
        ({"redirect_uri": "http://localhost:1718/callback"}, ("redirect_uri_mismatch", None)),
        ({"client_id": "3MVG9another"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_secret": "wrong"}, ("invalid_client", "invalid client credentials")),
    ],
)
def test_a_code_is_exchanged_by_the_client_that_asked_for_it_alone(stranger, approve, changed, error) -> None:
    code, description = error_of(exchange(stranger, approve()["code"][0], **changed))
    assert (code, description) == (error[0], error[1] or description)


def test_a_denied_consent_is_brought_to_the_client(approve) -> None:
    brought = approve("deny")
    assert brought["error"] == ["access_denied"]
    assert "code" not in brought


@pytest.mark.parametrize(
    ("changed", "error"),
    [({"response_type": "token"}, "unsupported_response_type"), ({"scope": "api full_moon"}, "invalid_scope")],
)
def test_a_wrong_question_is_answered_at_the_callback_url(approve, changed, error) -> None:
    assert approve(**changed)["error"] == [error]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "3MVG9another"}, "error=invalid_client_id"),
        ({"redirect_uri": "http://127.0.0.1:1717/callback"}, "error=redirect_uri_mismatch"),
        ({"redirect_uri": "http://localhost:1717/callback/"}, "error=redirect_uri_mismatch"),
        ({"redirect_uri": None}, "error=redirect_uri_mismatch"),
    ],
)
def test_an_unknown_client_or_callback_url_is_shown_and_sent_nowhere(stranger, changed, error) -> None:
    page = stranger.send("GET", AUTHORIZE, params=question(stranger.org, **changed), allow_redirects=False)
    assert page.status_code == 400
    assert page.text.startswith(error)


def test_a_wrong_password_gives_no_consent(stranger) -> None:
    page = stranger.send("GET", AUTHORIZE, params=question(stranger.org))
    login = {"username": stranger.org.username, "password": "wrong", "request": hidden(page)}
    again = stranger.send("POST", AUTHORIZE, data=login)
    assert "Please check your username and password" in again.text
    assert "Allow Access" not in again.text


def test_consent_without_having_signed_in_is_refused(stranger) -> None:
    page = stranger.send("GET", AUTHORIZE, params=question(stranger.org))
    form = {"request": hidden(page), "decision": "allow"}
    answer = stranger.send("POST", "/setup/secur/RemoteAccessAuthorizationPage.apexp", data=form, allow_redirects=False)
    assert answer.status_code == 400


def test_a_code_expires_after_fifteen_minutes() -> None:
    seconds = 0.0
    approvals = Approvals(clock=lambda: seconds)
    in_time, late = (approvals.issue_code(Request(CALLBACK, None, "", "005")) for _ in range(2))
    seconds += CODE_SECONDS
    assert approvals.redeem(in_time)
    seconds += 1
    assert approvals.redeem(late) is None


def test_the_sixth_approval_of_a_user_revokes_the_oldest() -> None:
    approvals = Approvals()
    tokens = [approvals.approve("005") for _ in range(MAX_APPROVALS)]
    other = approvals.approve("006")
    assert all(approvals.refresh(each) for each in tokens)
    approvals.approve("005")
    assert [bool(approvals.refresh(each)) for each in [*tokens, other]] == [False, True, True, True, True, True]


def test_a_rotated_token_is_replaced_and_its_second_use_revokes_the_replacement() -> None:
    approvals = Approvals(rotates=True)
    first = approvals.approve("005")
    _, second = approvals.refresh(first)
    _, third = approvals.refresh(second)
    assert len({first, second, third}) == 3
    assert approvals.refresh(first) is None
    assert approvals.refresh(third) is None
