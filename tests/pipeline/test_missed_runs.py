"""A missing audit is noticed a day after it was due, and causes one alert; one that is published causes none."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.alerts import failed_run, missing_audit
from assets.alerts import send_alerts as send_alerts_job
from spendready_pipeline.delivery import alert_of_failure, send_alerts
from spendready_pipeline.delivery.channels import apprise
from spendready_pipeline.errors import OrgError
from spendready_pipeline.monitoring.missed_runs import MissedRuns, check_missed_runs
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.settings import Settings, load_settings
from spendready_pipeline.storage.files import OrgFiles
from tests.delivery.conftest import Hook, free_port, hook  # noqa: F401 - the fixture

MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)
"""A tick of the default schedule."""
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WATCHED_SINCE_MAY = json.dumps({"acme 0 6 * * 1 UTC": "2026-05-01T00:00:00+00:00"})

Configure = Callable[..., OrgFiles]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Writes a configuration with an alarm; gives the files of its org."""

    def write(alarm: str, schedule: str = "") -> OrgFiles:
        path = tmp_path / "spendready.yml"
        path.write_text(
            "orgs:\n- name: acme\n  instance_url: https://acme.my.salesforce.com\n"
            "  auth: {flow: sf_cli, alias: acme}\n"
            f"delivery: [{{name: alarm, to: '${{HOOK}}', on: failure}}, {{name: weekly, to: '${{HOOK}}'}}]\n{schedule}"
        )
        monkeypatch.setenv("HOOK", alarm)
        monkeypatch.setenv("SPENDREADY_CONFIG", str(path))
        return load_settings().files("acme")

    return write


def _publish(files: OrgFiles, snapshot_at: datetime) -> None:
    files.published.mkdir(parents=True, exist_ok=True)
    files.findings_database.unlink(missing_ok=True)
    with duckdb.connect(str(files.findings_database)) as database:
        database.execute("create table snapshots (snapshot_at timestamptz)")
        database.execute("insert into snapshots values (?), (?)", [snapshot_at, snapshot_at - WEEK])


def _check(settings: Settings, cursor: str | None, now: datetime) -> MissedRuns:
    """A check, and the runs that it asks for, each with one attempt; their problems are added to those of the check."""
    found = check_missed_runs(settings, cursor, now)
    problems = list(found.problems)
    for each in found.to_send:
        try:
            send_alerts(settings.files(each.org), settings.delivery, each.alert, ())
        except OrgError as error:
            problems.append(str(error))
    return replace(found, problems=problems)


def test_a_missed_week_is_told_once_and_the_next_one_again(configured: Configure, hook: Hook) -> None:  # noqa: F811
    _publish(configured(hook.to), MONDAY - WEEK)
    settings = load_settings()

    assert _check(settings, WATCHED_SINCE_MAY, MONDAY + DAY - timedelta(minutes=1)).missed == []
    assert hook.posted == []

    for hours in (25, 26, 100):
        looked = _check(settings, WATCHED_SINCE_MAY, MONDAY + timedelta(hours=hours))
        assert looked.missed == ["acme: the audit that was due at 2026-11-23T06:00:00+00:00 is missing"]
        assert looked.problems == []
    (posted,) = map(json.loads, hook.posted)
    assert posted["title"] == "acme: the audit of 23 Nov 2026 is missing"
    assert "due on 23 Nov 2026 at 06:00 UTC" in posted["message"]
    assert "The newest published audit is of 16 Nov 2026 at 06:00 UTC" in posted["message"]
    assert "spendready run --org acme" in posted["message"]

    _check(settings, WATCHED_SINCE_MAY, MONDAY + WEEK + DAY + timedelta(hours=1))
    assert len(hook.posted) == 2


@pytest.mark.parametrize("later", [timedelta(seconds=-30), timedelta(), timedelta(hours=20)])
def test_a_week_that_came_is_not_missed(configured: Configure, hook: Hook, later: timedelta) -> None:  # noqa: F811
    _publish(configured(hook.to), MONDAY + later)
    looked = _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + timedelta(days=6))
    assert (looked.missed, hook.posted) == ([], [])


def test_nothing_was_due_before_the_org_was_watched(configured: Configure, hook: Hook) -> None:  # noqa: F811
    configured(hook.to)
    settings = load_settings()
    first = _check(settings, None, MONDAY + timedelta(hours=30))
    assert first.missed == []
    assert _check(settings, first.cursor, MONDAY + timedelta(days=6)).missed == []
    looked = _check(settings, first.cursor, MONDAY + WEEK + timedelta(hours=25))
    assert looked.missed == ["acme: the audit that was due at 2026-11-30T06:00:00+00:00 is missing"]
    assert "No audit has ever been published" in json.loads(hook.posted[0])["message"]


def test_a_changed_schedule_asks_for_nothing_from_before_the_change(configured: Configure, hook: Hook) -> None:  # noqa: F811
    schedule = "schedule: {cron: '30 1 * * *', timezone: Europe/Berlin}\n"
    _publish(configured(hook.to, schedule), MONDAY)
    settings = load_settings()
    changed = _check(settings, WATCHED_SINCE_MAY, MONDAY + timedelta(hours=1))
    assert changed.missed == []
    looked = _check(settings, changed.cursor, MONDAY + timedelta(days=2))
    assert looked.missed == ["acme: the audit that was due at 2026-11-24T00:30:00+00:00 is missing"]


def test_an_alert_that_did_not_arrive_is_named_and_tried_at_the_next_look(
    configured: Configure,
    hook: Hook,  # noqa: F811
) -> None:
    _publish(configured(f"json://127.0.0.1:{free_port()}/T0KEN-PATH"), MONDAY - WEEK)
    (problem,) = _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY).problems
    assert "alarm: nothing listens at its address" in problem
    assert "T0KEN-PATH" not in problem
    configured(hook.to)
    assert _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY).problems == []
    assert len(hook.posted) == 1


def test_an_audit_that_came_before_its_alert_arrived_is_not_told_as_missing(
    configured: Configure,
    hook: Hook,  # noqa: F811
) -> None:
    files = configured(f"json://127.0.0.1:{free_port()}/T0KEN-PATH")
    _publish(files, MONDAY - WEEK)
    assert _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY).problems != []
    configured(hook.to)
    _publish(files, MONDAY + 2 * DAY)
    looked = _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY)
    assert (looked.missed, looked.problems, hook.posted) == ([], [], [])


def test_without_a_ledger_a_missed_week_is_told_once_all_the_same(configured: Configure, hook: Hook) -> None:  # noqa: F811
    files = configured(hook.to)
    _publish(files, MONDAY - WEEK)
    files.deliveries.mkdir()
    looked = _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY)
    assert looked.problems == []
    looked = _check(load_settings(), looked.cursor, MONDAY + 3 * DAY)
    assert "deliveries.sqlite, the record of what was delivered, cannot be read" in looked.problems[0]
    assert len(hook.posted) == 1
    _check(load_settings(), looked.cursor, MONDAY + WEEK + 2 * DAY)
    assert len(hook.posted) == 2


def test_a_failed_run_that_reached_nobody_is_told_at_the_next_look(configured: Configure, hook: Hook) -> None:  # noqa: F811
    files = configured(f"json://127.0.0.1:{free_port()}/T0KEN-PATH")
    _publish(files, MONDAY)
    failed = Failure("snapshot", "extract", "acme: it did not answer")
    outcome = RunOutcome("acme", "0b9d", MONDAY + DAY, (failed,), began=True, published=False)
    with pytest.raises(OrgError):
        alert_of_failure(files, outcome, load_settings().delivery, ())
    configured(hook.to)
    looked = _check(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY)
    assert (looked.missed, looked.problems) == ([], [])
    assert [json.loads(each)["title"] for each in hook.posted] == ["acme, 24 Nov 2026: the audit failed (extract)"]


def test_an_org_whose_folder_cannot_be_looked_into_hides_no_other(
    configured: Configure,
    hook: Hook,  # noqa: F811
    tmp_path: Path,
) -> None:
    files = configured(hook.to)
    configuration = tmp_path / "spendready.yml"
    beta = "- {name: beta, instance_url: https://b.my.salesforce.com, auth: {flow: sf_cli, alias: beta}}\n"
    configuration.write_text(configuration.read_text().replace("delivery:", f"{beta}delivery:"))
    files.root.parent.mkdir(parents=True)
    files.root.symlink_to("name-that-no-file-system-takes" * 10)
    since = {"beta 0 6 * * 1 UTC": "2026-05-01T00:00:00+00:00", **json.loads(WATCHED_SINCE_MAY)}
    looked = _check(load_settings(), json.dumps(since), MONDAY + 2 * DAY)
    assert looked.missed == ["beta: the audit that was due at 2026-11-23T06:00:00+00:00 is missing"]
    (problem,) = looked.problems
    assert f"{files.findings_database}: File name too long. Check that data_dir" in problem
    assert len(hook.posted) == 1


def test_the_sensors_are_on_and_remember_since_when_they_watch(configured: Configure, hook: Hook) -> None:  # noqa: F811
    configured(hook.to)
    assert {each.default_status for each in (failed_run, missing_audit)} == {dg.DefaultSensorStatus.RUNNING}
    with dg.build_sensor_context() as context:
        tick = missing_audit.evaluate_tick(context)
    assert tick.skip_message == "No audit is missing"
    since = json.loads(tick.cursor)["acme 0 6 * * 1 UTC"]
    assert datetime.now(UTC) - datetime.fromisoformat(since) < timedelta(minutes=5)


@pytest.fixture
def black_hole() -> Iterator[tuple[str, list[int]]]:
    """An address that takes connections and never answers, and how many it has taken."""
    taken: list[socket.socket] = []
    counts: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return
                counts.append(len(taken))

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"json://127.0.0.1:{listener.getsockname()[1]}/T0KEN-PATH", counts
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for each in taken:
        each.close()


def _tick(cursor: str):
    with dg.build_sensor_context(cursor=cursor) as context:
        return missing_audit.evaluate_tick(context)


def test_a_destination_that_never_answers_does_not_hold_up_the_sensor(
    configured: Configure, black_hole: tuple[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    to, connections = black_hole
    configured(to)
    begun = time.monotonic()
    tick = _tick(WATCHED_SINCE_MAY)
    assert time.monotonic() - begun < 20, "Dagster ends a tick after 60 seconds"
    assert connections == []
    (request,) = tick.run_requests
    assert request.run_key.startswith("acme missed ")

    monkeypatch.setattr(apprise, "ANSWER_SECONDS", 0.2)
    ran = send_alerts_job.execute_in_process(run_config=request.run_config, raise_on_error=False)
    (failure,) = ran.get_step_failure_events()
    assert "alarm: it did not answer in time" in failure.step_failure_data.user_failure_data.metadata["what"].value
    assert connections == [1]


def test_an_alert_of_the_sensor_is_sent_by_its_run_and_asked_for_once(configured: Configure, hook: Hook) -> None:  # noqa: F811
    configured(hook.to)
    tick = _tick(WATCHED_SINCE_MAY)
    (request,) = tick.run_requests
    assert hook.posted == []
    assert send_alerts_job.execute_in_process(run_config=request.run_config).success
    assert "the audit of" in json.loads(hook.posted[0])["title"]
    assert _tick(tick.cursor).run_requests == []


def test_an_alert_that_no_outbox_can_store_goes_with_its_run(configured: Configure, hook: Hook) -> None:  # noqa: F811
    configured(hook.to).deliveries.mkdir(parents=True)
    (request,) = _tick(WATCHED_SINCE_MAY).run_requests
    assert send_alerts_job.execute_in_process(run_config=request.run_config).success
    assert len(hook.posted) == 1
