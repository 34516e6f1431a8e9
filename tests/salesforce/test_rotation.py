"""Refresh token rotation is noticed in the run that meets it: the new token is kept, or the user is told at once."""

import io

import pytest

from spendready_pipeline.cli.check import print_check
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.access_check import check_org
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.client.stored_sign_in import SignInStore
from tests.salesforce.audits import settings_of

TOLD = "refresh token rotation is on for the client app"
WAYS_OUT = ("jwt_bearer", "client_credentials", "spendready login")


@pytest.fixture
def rotating(serve):
    return serve(rotates_refresh_tokens=True)


@pytest.fixture
def stored(rotating):
    """A sign-in through the browser, as it is after one."""
    store = SignInStore("demo")
    store.write(rotating.instance_url, rotating.client_id, rotating.refresh_token)
    return store


def test_a_run_with_the_environments_token_says_at_once_that_it_works_once(rotating, audit) -> None:
    taken = audit(rotating, flow="refresh_token")
    taken.run()
    (warning,) = (line for line in taken.lines if TOLD in line)
    assert taken.lines.index(warning) == 1, "after the name of who reads, before anything is read"
    assert all(way in warning for way in WAYS_OUT)


def test_check_says_so_as_well(rotating) -> None:
    out = io.StringIO()
    print_check(check_org(settings_of(rotating, "refresh_token")), [], out)
    assert TOLD in out.getvalue()


def test_an_app_that_does_not_rotate_is_not_warned_of(demo, audit) -> None:
    taken = audit(demo, flow="refresh_token")
    taken.run()
    assert not [line for line in taken.lines if "warning" in line]


def test_within_one_run_the_replacement_signs_in_again(rotating) -> None:
    with connect(settings_of(rotating, "refresh_token")) as connection:
        for _ in range(2):
            rotating.end_sessions()
            assert connection.count("Organization") == 1
        assert len(connection.warnings) == 1


def test_the_run_after_it_names_rotation_and_what_to_do(rotating) -> None:
    with connect(settings_of(rotating, "refresh_token")):
        pass
    with (
        pytest.raises(OrgError, match=r"the refresh token has expired, was revoked, or was replaced") as error,
        connect(settings_of(rotating, "refresh_token")),
    ):
        pass
    assert "rotation is on" in error.value.remediation
    assert all(way in error.value.remediation for way in WAYS_OUT)


def test_a_sign_in_through_the_browser_keeps_each_replacement(rotating, stored) -> None:
    tokens = [stored.read().refresh_token]
    for _ in range(3):
        with connect(settings_of(rotating, "browser")) as connection:
            rotating.end_sessions()
            assert connection.count("Organization") == 1
            assert connection.warnings == ()
        tokens.append(stored.read().refresh_token)
    assert len(set(tokens)) == 4


def test_a_replacement_that_cannot_be_stored_is_told_and_still_used_in_this_run(rotating, stored, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("spendready_pipeline.salesforce.client.stored_sign_in._write_private", full)
    with connect(settings_of(rotating, "browser")) as connection:
        rotating.end_sessions()
        assert connection.count("Organization") == 1
        (warning,) = connection.warnings
    assert "No space left on device" in warning
    assert "spendready login --org demo" in warning
    assert rotating.refresh_token not in warning


def test_no_refresh_token_is_printed(rotating, audit) -> None:
    taken = audit(rotating, flow="refresh_token")
    taken.run()
    assert not any("5Aep861" in line for line in taken.lines)
