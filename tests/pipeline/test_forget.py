"""A wrong clock, once: the audit of that moment is refused; where it was taken, it can be taken back.

Compared is what an undisturbed org gives: the same weeks without the one in which the clock was wrong.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from demo_org.serve import DemoOrg
from spendready_pipeline.delivery.outbox import open_outbox
from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.verify import examine
from spendready_pipeline.storage.files import snapshot_folder_name
from tests.conftest import NOW, OrgFile
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import Company

pytestmark = [
    pytest.mark.slow,  # several whole audits
    pytest.mark.xdist_group("forget"),
]

WEEK = timedelta(days=7)
AHEAD = timedelta(days=410)
USERS = 60
POISONED = snapshot_folder_name(NOW + AHEAD)
SAME = ("findings", "finding_history", "coverage", "integration_users", "license_usage", "accounts", "app_usage")
"""Published tables that do not say when or how they were read."""


@pytest.fixture(scope="module")
def begin(org_file: OrgFile, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Company]:
    """Gives a company with a small org whose clock can be moved."""
    running: list[DemoOrg] = []

    def company() -> Company:
        org = DemoOrg(org_file(USERS), now=NOW)
        org.start()
        running.append(org)
        return Company(tmp_path_factory.mktemp("forget") / "company", org)

    yield company
    for org in running:
        org.__exit__(None, None, None)


@pytest.fixture(scope="module")
def undisturbed(begin: Callable[[], Company], dbt: Dbt) -> Company:
    """Two weeks in which every clock was right."""
    company = begin()
    company.audit(dbt)
    company.org.clock.move(WEEK)
    company.audit(dbt)
    return company


def logins(company: Company) -> list[tuple[object, ...]]:
    """The stored logins, and the window in which all are known."""
    from spendready_pipeline.storage.warehouse import open_warehouse

    with open_warehouse(company.files.warehouse, read_only=True) as warehouse:
        return [
            *warehouse.execute('select "Id", "LoginTime" from raw.login_history order by 1').fetchall(),
            *warehouse.execute("select known_since, known_until from raw.login_window").fetchall(),
        ]


def assert_same(company: Company, undisturbed: Company) -> None:
    assert company.finding_tables() == undisturbed.finding_tables()
    for table in SAME:
        query = f"from {table} order by all"
        assert company.published(query) == undisturbed.published(query), table


def test_a_date_410_days_ahead_is_refused_and_the_next_run_is_as_if_nothing_had_been(
    begin: Callable[[], Company], undisturbed: Company, dbt: Dbt
) -> None:
    company = begin()
    company.audit(dbt)
    before = logins(company), company.weekly_files()
    company.org.clock.move(AHEAD)
    company.configure(("clock_skew_minutes: null", "clock_skew_minutes: 60"))
    with pytest.raises(OrgError, match=r"the org's clock says 2027-12-17 06:00:00 UTC, this machine's clock says"):
        company.audit(dbt)
    assert (logins(company), company.weekly_files()) == before
    company.configure()
    company.org.clock.move(WEEK - AHEAD)
    company.audit(dbt)
    assert_same(company, undisturbed)
    assert logins(company) == logins(undisturbed)


def test_a_poisoned_snapshot_is_taken_back_and_the_next_run_tells_the_truth(
    begin: Callable[[], Company], undisturbed: Company, dbt: Dbt
) -> None:
    company = begin()
    company.audit(dbt)
    first_week = company.published("from findings order by all"), company.files.current_week.resolve().name
    stored = logins(company)
    company.org.clock.move(AHEAD)
    company.audit(dbt)
    assert {each[0] for each in logins(company)} >= {each[0] for each in stored if isinstance(each[0], str)}
    poisoned_report = company.files.report((NOW + AHEAD).date())
    assert poisoned_report.exists()
    with open_outbox(company.files.deliveries) as ledger:
        ledger.record("2027-12-17", "security", "", "sent")
        ledger.record("2026-11-02", "security", "", "sent")

    # The clock is right again: the newest snapshot is in the way, and the message says what to do.
    company.org.clock.move(WEEK - AHEAD)
    with pytest.raises(OrgError, match=f"spendready forget {POISONED} --org demo"):
        company.audit(dbt)

    ended = company.command("forget", POISONED, "--reason", "the proxy's clock")

    assert ended.returncode == 0, ended.stderr
    assert f"{POISONED} is forgotten" in ended.stdout
    assert (company.published("from findings order by all"), company.files.current_week.resolve().name) == first_week
    assert not poisoned_report.exists()
    assert (company.files.evidence / POISONED / "User" / "00001.json.gz").exists()
    with open_outbox(company.files.deliveries) as ledger:
        assert ledger.entry("2027-12-17", "security", "") is None
        assert ledger.entry("2026-11-02", "security", "") is not None
    verified = company.command("verify")
    assert verified.returncode == 0, verified.stdout
    assert f"{POISONED} was taken back" in verified.stdout

    company.audit(dbt)

    assert_same(company, undisturbed)
    assert logins(company)[:-1] == logins(undisturbed)[:-1]
    (_, until) = logins(company)[-1]
    assert until == NOW + WEEK
    assert examine(company.files).problems == ()


def test_the_only_snapshot_can_be_taken_back(begin: Callable[[], Company], dbt: Dbt, undisturbed: Company) -> None:
    company = begin()
    company.org.clock.move(AHEAD)
    company.audit(dbt)
    (company.files.published / "action_plan.csv").write_text("somebody wrote here")
    assert company.command("forget", POISONED).returncode == 0
    again = company.command("forget", POISONED)
    assert again.returncode == 0, "an interrupted command may be repeated"
    assert not company.files.findings_database.exists()
    assert [path.read_text() for path in company.files.published.glob("filled_in/*")] == ["somebody wrote here"]
    assert len(list(company.files.evidence.glob("*-forget*"))) == 1
    assert company.command("verify").returncode == 0
    company.org.clock.move(-AHEAD)
    company.audit(dbt)
    company.org.clock.move(WEEK)
    company.audit(dbt)
    assert_same(company, undisturbed)


def test_a_snapshot_that_there_is_not(undisturbed: Company) -> None:
    ended = undisturbed.command("forget", "20280113T181157Z")
    assert ended.returncode == 2
    assert "There is no snapshot 20280113T181157Z" in ended.stderr
    assert "demo: 20261102T060000Z, 20261109T060000Z" in ended.stderr


def test_no_snapshot_is_taken_back_while_a_run_is_under_way(undisturbed: Company, tmp_path: Path) -> None:
    from filelock import FileLock

    with FileLock(undisturbed.files.lock):
        ended = undisturbed.command("forget", "20261109T060000Z")
    assert ended.returncode == 1
    assert "a run of this org is under way" in ended.stderr
    assert not list(undisturbed.files.evidence.glob("*-forget*"))
