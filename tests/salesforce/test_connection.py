"""Who reads, since when, and in which API version."""

from datetime import UTC, datetime, timedelta

import pytest

from demo_org.faults import Fault
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.salesforce.client.connection import MAX_API_VERSION, connect
from tests.salesforce.audits import NOW, settings_of


def test_now_is_the_org_s_clock(demo) -> None:
    started = datetime.now(UTC)
    with connect(settings_of(demo)) as connection:
        assert (connection.snapshot_at, connection.clock_source) == (NOW, "org")
        assert connection.clock_skew_seconds == pytest.approx((NOW - started).total_seconds(), abs=60)


def test_the_list_of_versions_does_not_tell_the_time(demo) -> None:
    """It is answered without sign-in, so it does not show that anybody was let in."""
    demo.faults.append(Fault(path_prefix="/services/data/v", without_headers=frozenset({"date"}), times=99))
    with connect(settings_of(demo)) as connection:
        assert connection.clock_source == "local"


def test_without_a_date_this_machine_s_clock_counts(demo) -> None:
    demo.faults.append(Fault(without_headers=frozenset({"date"}), times=99))
    with connect(settings_of(demo)) as connection:
        assert connection.clock_source == "local"
        assert abs(datetime.now(UTC) - connection.snapshot_at) < timedelta(minutes=1)
        assert (connection.snapshot_at.microsecond, connection.clock_skew_seconds) == (0, 0.0)


def test_the_newest_version_that_both_know_is_used(demo) -> None:
    with connect(settings_of(demo)) as connection:
        assert connection.api_version == f"{MAX_API_VERSION}.0"
    assert all("/v67.0/" in request.path for request in demo.requests if "/data/v" in request.path)


def test_a_configured_version_wins(demo) -> None:
    with connect(settings_of(demo, api_version="61.0")) as connection:
        assert connection.count("Organization") == 1
    assert all("/v61.0/" in request.path for request in demo.requests if "/data/v" in request.path)


def test_a_version_that_the_org_does_not_offer_is_a_mistake_of_configuration(demo) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"does not offer API version 99\.0"),
        connect(settings_of(demo, api_version="99.0")),
    ):
        pass


def test_the_reader_s_permissions_are_its_own(serve) -> None:
    demo = serve(reader_lacks=frozenset({"CustomizeApplication"}))
    with connect(settings_of(demo)) as connection:
        permissions = connection.reader.permissions
        assert permissions is not None
        assert permissions["ViewSetup"]
        assert not permissions["CustomizeApplication"]
        assert connection.reader.lacks_all(("CustomizeApplication",)) is True
        assert connection.reader.lacks_all(("CustomizeApplication", "ViewSetup")) is False


def test_permissions_that_may_not_be_asked_for_are_unknown(serve) -> None:
    demo = serve(hidden_objects=frozenset({"UserPermissionAccess"}))
    with connect(settings_of(demo)) as connection:
        assert connection.reader.permissions is None
        assert connection.reader.lacks_all(("ViewSetup",)) is None
