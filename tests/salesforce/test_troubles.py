"""Whatever happens in mid-run, there is a clear message, nothing half-done counts, and the next run is as ever."""

import duckdb
import pytest
from pydantic import SecretStr

from demo_org.faults import Fault
from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.verify import verify
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.configuration import AccessToken
from spendready_pipeline.salesforce.extract.load import land
from spendready_pipeline.salesforce.extract.snapshot import take_snapshot
from spendready_pipeline.storage.files import OrgFiles
from tests.salesforce.audits import Audit, settings_of

PAGE = "/services/data/v67.0/query/"
"""How the path of a further page begins."""


@pytest.fixture(scope="module")
def undisturbed(shared_org, tmp_path_factory) -> dict:
    """The raw tables of a run that nothing disturbed."""
    audit = Audit(settings_of(shared_org), OrgFiles(tmp_path_factory.mktemp("data") / "demo"), [])
    audit.run()
    return audit.raw()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"end_sessions": True}, id="the session ends between two pages"),
        pytest.param({"status": 400, "error_code": "INVALID_QUERY_LOCATOR"}, id="the locator dies"),
        pytest.param({"drop": True, "times": 2}, id="the connection breaks in mid-page"),
    ],
)
def test_a_query_that_broke_off_is_read_whole(serve, audit, undisturbed, fault) -> None:
    demo = serve(faults=[Fault(path_prefix=PAGE, **fault)])
    audit = audit(demo)
    assert audit.run()["LoginHistory"].status == "read"
    assert audit.raw() == undisturbed
    assert verify(audit.files) == []


def test_sessions_that_end_all_the_time_end_the_run(serve, audit) -> None:
    demo = serve(faults=[Fault(containing="FROM User", end_sessions=True, times=99)])
    with pytest.raises(OrgError, match="does not accept the access token"):
        audit(demo).run()


def test_an_access_token_that_ends_in_mid_run_says_so(serve, audit) -> None:
    demo = serve(faults=[Fault(containing="FROM AuthSession", end_sessions=True)])
    audit = audit(demo)
    with connect(audit.org) as connection:
        auth = AccessToken(flow="access_token", access_token=SecretStr(connection.session.token))
    audit.org = audit.org.model_copy(update={"auth": auth})
    with pytest.raises(OrgError, match="the access token has expired"):
        audit.run()


def assert_nothing_counts(audit: Audit) -> None:
    assert audit.rows("select count(*) from raw.snapshot") == [(0,)]
    assert [each.name for each in audit.files.evidence.iterdir() if not each.name.startswith(".")] == []
    assert verify(audit.files) == []


def test_an_org_that_stops_in_mid_run_is_named_and_the_next_run_is_as_ever(serve, audit, undisturbed) -> None:
    demo = serve(faults=[Fault(containing="FROM LoginHistory", nth=2, stop=True)])
    audit = audit(demo)
    with pytest.raises(OrgError, match=r"^demo: .*, while reading \w+") as error:
        audit.run()
    assert error.value.remediation
    assert_nothing_counts(audit)
    demo.stop()
    demo.start()
    audit.run()
    assert audit.raw() == undisturbed
    assert [each.name for each in audit.files.evidence.iterdir()] == ["20261102T060000Z"]
    assert verify(audit.files) == []


def test_an_org_without_calls_left_says_so_and_is_not_asked_again(serve, audit) -> None:
    demo = serve(api_calls=30, faults=[Fault(times=999, without_headers=frozenset({"sforce-limit-info"}))])
    audit = audit(demo)
    with pytest.raises(OrgError, match=r"demo: the org has no API calls left, while reading") as error:
        audit.run()
    assert "run again later" in error.value.remediation
    assert sum(request.status == 403 for request in demo.requests) <= 4  # what was under way at the same time
    assert_nothing_counts(audit)


def test_an_org_that_stays_away_ends_the_run_rather_than_emptying_it(serve, audit) -> None:
    demo = serve()
    audit = audit(demo)
    audit.run()
    demo.faults.append(Fault(containing="FROM OauthToken", times=99, status=503, html=True))
    with pytest.raises(OrgError, match=r"Salesforce answered .*HTTP 503.*while reading OauthToken"):
        audit.run()
    assert audit.rows("select count(*) from raw.snapshot") == [(0,)]
    assert verify(audit.files) == []


@pytest.mark.parametrize("objects", [1, 13])
def test_a_run_that_is_killed_at_any_point_is_repaired_by_the_next(serve, audit, undisturbed, objects) -> None:
    demo = serve()
    audit = audit(demo)
    killed = take_snapshot(audit.org, audit.files, "killed", audit.lines.append)
    for _ in range(objects):
        next(killed)
    killed.close()
    assert_nothing_counts(audit)
    audit.run()
    assert audit.raw() == undisturbed
    assert verify(audit.files) == []
    assert not list(audit.files.evidence.glob(".incoming*"))


def test_an_object_that_cannot_be_loaded_ends_the_run_while_logins_are_read(
    serve, audit, undisturbed, monkeypatch
) -> None:
    """The logins are loaded beside the other objects; what was loaded of them goes, too."""
    demo = serve(faults=[Fault(containing="AuthenticationServiceId FROM LoginHistory", delay_seconds=1)])
    audit = audit(demo)

    def no_room_for_profiles(warehouse, reading, reader):
        if reading.object.name == "Profile":
            raise duckdb.IOException("disk full")
        return land(warehouse, reading, reader)

    with monkeypatch.context() as patch:
        patch.setattr("spendready_pipeline.salesforce.extract.snapshot.land", no_room_for_profiles)
        with pytest.raises(OrgError, match="could not be landed"):
            audit.run()
    assert_nothing_counts(audit)
    assert "login_history" not in audit.raw()
    assert not audit.files.loading.exists()
    audit.run()
    assert audit.raw() == undisturbed
