"""A snapshot is dated by the org's own clock, and refused where that cannot be right."""

from datetime import UTC, datetime, timedelta

import pytest

from demo_org.faults import Fault
from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.archive import FORGET, Incoming, newest_snapshot
from spendready_pipeline.evidence.ledger import LedgerDamagedError
from spendready_pipeline.salesforce.access_check import check_org
from spendready_pipeline.salesforce.extract.clock import check_clock
from spendready_pipeline.salesforce.limits import Limits
from tests.salesforce.audits import Audit, settings_of

LOCAL = datetime(2026, 11, 29, 20, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def refused(snapshot_at: datetime, *, skew: int | None = 60, newest: str | None = None, **how: bool) -> str:
    """What is said of a snapshot that is refused; empty where it is taken."""
    try:
        check_clock("acme", snapshot_at, LOCAL, skew, newest, **how)
    except OrgError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("minutes", [-60, -1, 0, 60])
def test_a_clock_within_the_limit_is_taken(minutes) -> None:
    assert refused(LOCAL + minutes * MINUTE) == ""


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (61 * MINUTE, "61 minutes apart"),
        (-5 * 60 * MINUTE, "5 hours apart"),
        (410 * DAY, "410 days"),
        (410 * DAY - MINUTE / 60, "410 days"),
    ],
)
def test_a_clock_beyond_the_limit_is_refused_with_both_clocks(ahead, said) -> None:
    message = refused(LOCAL + ahead)
    assert f"acme: the org's clock says {LOCAL + ahead:%Y-%m-%d %H:%M:%S} UTC" in message
    assert "this machine's clock says 2026-11-29 20:00:00 UTC" in message
    assert said in message
    assert "limits.clock_skew_minutes allows 60 minutes" in message
    assert "proxy" in message


def test_the_comparison_can_be_turned_off() -> None:
    assert refused(LOCAL + 410 * DAY, skew=None) == ""


@pytest.mark.parametrize("skew", [60, None])
@pytest.mark.parametrize("year", [1600, 1970, 9999])
def test_a_year_that_no_clock_shows_is_refused_always(year, skew) -> None:
    assert f"says {year}-01-01" in refused(datetime(year, 1, 1, tzinfo=UTC), skew=skew)


@pytest.mark.parametrize("skew", [60, None])
def test_a_snapshot_older_than_the_newest_is_refused_and_the_way_out_is_named(skew) -> None:
    message = refused(LOCAL, skew=skew, newest="20280113T181157Z")
    assert "that snapshot would be from the future" in message
    assert "spendready forget 20280113T181157Z --org acme" in message
    message = refused(LOCAL - 30 * MINUTE, skew=skew, newest="20261129T193001Z-2")
    assert "older than the newest one, 20261129T193001Z-2" in message


def test_a_snapshot_at_the_moment_of_the_newest_is_taken() -> None:
    assert refused(LOCAL, newest="20261129T200000Z") == ""


def test_an_answer_without_a_date_is_said_to_be_such() -> None:
    assert "the org's answer has no Date header" in refused(LOCAL, newest="20280113T181157Z", is_org_clock=False)


@pytest.fixture
def ahead(serve, audit):
    """An org whose clock is 410 days ahead of this machine's, compared with it."""
    demo = serve(now=None, clock_skew=410 * DAY)
    return audit(demo, limits=Limits())


def test_a_refused_snapshot_reads_loads_and_keeps_nothing(ahead: Audit) -> None:
    with pytest.raises(OrgError, match="days apart"):
        ahead.run()
    assert not ahead.files.warehouse.exists()
    assert not ahead.files.evidence.exists()


def test_check_names_the_clocks_that_would_stop_a_run(serve) -> None:
    demo = serve(now=None, clock_skew=400 * DAY)
    (stopped,) = check_org(settings_of(demo, limits=Limits())).stops_audit
    assert "400 days apart" in stopped.what
    assert check_org(settings_of(demo)).stops_audit == ()


def test_a_forgotten_snapshot_is_not_the_newest(serve, audit) -> None:
    demo = serve()
    audit = audit(demo)
    audit.run()
    demo.clock.move(410 * DAY)
    audit.run()
    demo.clock.move(-403 * DAY)
    with pytest.raises(OrgError, match="spendready forget 20271217T060000Z"):
        audit.run()
    Incoming(audit.files, LOCAL, FORGET).seal({"about": ["20271217T060000Z"], "objects": []})
    assert newest_snapshot(audit.files) == "20261102T060000Z"
    audit.run()
    assert newest_snapshot(audit.files) == "20261109T060000Z"


def test_a_damaged_ledger_stops_a_run_before_it_reads_anything(demo, audit) -> None:
    audit = audit(demo)
    audit.run()
    audit.files.evidence_ledger.write_bytes(b"\xff" + audit.files.evidence_ledger.read_bytes())
    demo.requests.clear()
    with pytest.raises(LedgerDamagedError, match=r"evidence\.sha256 is damaged: line 1"):
        audit.run()
    assert not demo.requests


def test_an_org_without_a_date_loses_no_login(serve, audit) -> None:
    """The only clock may be wrong: then nothing is deleted on its word."""
    demo = serve(faults=[Fault(times=10**6, without_headers=frozenset({"date"}))])
    audit = audit(demo)
    audit.run()
    audit.rows("""update raw.login_history set "LoginTime" = "LoginTime" - interval 2 years returning 1""")
    (before,) = audit.rows("select count(*) from raw.login_history")
    audit.run()
    (after,) = audit.rows('select count(*) from raw.login_history where "LoginTime" < now() - interval 400 day')
    assert after == before
