"""A run that ends half-way: it is said plainly, last week stays, and the next run is as if nothing had been."""

from datetime import date

import dagster as dg
import pytest

from demo_org.faults import Fault
from spendready_pipeline.maintenance.disk import notes


def test_an_org_that_stops_in_mid_run_costs_nothing_but_that_run(a_week_later, second_week) -> None:
    company = a_week_later(faults=[Fault(containing="FROM LoginHistory", nth=2, stop=True)])
    old_reports = [company.files.report(date(2024, 1, day)) for day in range(1, 7)]
    for path in old_reports:
        path.touch()
    last_week = company.weekly_files()

    ended = company.command("run")

    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    (error,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert error.startswith("error: demo: ")
    assert "while reading" in error
    assert company.org.instance_url in error
    assert "try again later" in ended.stderr
    assert company.weekly_files() == last_week

    company.org.stop()
    company.org.start()
    again = company.command("run")

    assert again.returncode == 0, again.stderr
    assert not any(path.exists() for path in old_reports[:4]), "a run that succeeds deletes what is too old"
    assert [each.evidence > 0 for each in notes(company.files)] == [True, True], "and notes the sizes"
    assert company.finding_tables() == second_week.finding_tables()
    for table in ("findings", "finding_history", "coverage", "integration_users", "license_usage"):
        assert company.published(f"from {table} order by all") == second_week.published(f"from {table} order by all")


@pytest.mark.slow  # the whole program starts twice
def test_a_run_that_was_killed_is_said_to_have_failed_by_the_next(a_week_later, monkeypatch) -> None:
    company = a_week_later(faults=[Fault(containing="FROM LoginHistory", delay_seconds=120)])
    with company.begin("run") as run:
        assert any("signed in as" in line for line in run.stderr)
        run.kill()
    with (company.folder / "spendready.yml").open("a", encoding="utf-8") as configuration:
        configuration.write("delivery: [{name: share, to: share, on: report}]\n")
    ended = company.command("deliver")
    assert ended.returncode == 0, ended.stderr
    monkeypatch.setenv("DAGSTER_HOME", company.environment["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        states = [each.status.value for each in instance.get_runs()]
    assert states == ["SUCCESS", "FAILURE", "SUCCESS"], "of the newest first"
