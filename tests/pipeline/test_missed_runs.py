"""A week without an audit is noticed a day after it was due, and told once; a week that came is not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.alerts import failed_run, missing_audit
from spendready_pipeline.delivery import alert_of_failure
from spendready_pipeline.errors import OrgError
from spendready_pipeline.monitoring.missed_runs import watch
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.settings import load_settings
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


def test_a_missed_week_is_told_once_and_the_next_one_again(configured: Configure, hook: Hook) -> None:  # noqa: F811
    _publish(configured(hook.to), MONDAY - WEEK)
    settings = load_settings()

    assert watch(settings, WATCHED_SINCE_MAY, MONDAY + DAY - timedelta(minutes=1)).missed == []
    assert hook.posted == []

    for hours in (25, 26, 100):
        looked = watch(settings, WATCHED_SINCE_MAY, MONDAY + timedelta(hours=hours))
        assert looked.missed == ["acme: the audit that was due at 2026-11-23T06:00:00+00:00 is missing"]
        assert looked.problems == []
    (posted,) = map(json.loads, hook.posted)
    assert posted["title"] == "acme: the audit of 23 Nov 2026 is missing"
    assert "due on 23 Nov 2026 at 06:00 UTC" in posted["message"]
    assert "The newest published audit is of 16 Nov 2026 at 06:00 UTC" in posted["message"]
    assert "spendready run --org acme" in posted["message"]

    watch(settings, WATCHED_SINCE_MAY, MONDAY + WEEK + DAY + timedelta(hours=1))
    assert len(hook.posted) == 2


@pytest.mark.parametrize("later", [timedelta(seconds=-30), timedelta(), timedelta(hours=20)])
def test_a_week_that_came_is_not_missed(configured: Configure, hook: Hook, later: timedelta) -> None:  # noqa: F811
    _publish(configured(hook.to), MONDAY + later)
    looked = watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + timedelta(days=6))
    assert (looked.missed, hook.posted) == ([], [])


def test_nothing_was_due_before_the_org_was_watched(configured: Configure, hook: Hook) -> None:  # noqa: F811
    configured(hook.to)
    settings = load_settings()
    first = watch(settings, None, MONDAY + timedelta(hours=30))
    assert first.missed == []
    assert watch(settings, first.memory, MONDAY + timedelta(days=6)).missed == []
    looked = watch(settings, first.memory, MONDAY + WEEK + timedelta(hours=25))
    assert looked.missed == ["acme: the audit that was due at 2026-11-30T06:00:00+00:00 is missing"]
    assert "No audit has ever been published" in json.loads(hook.posted[0])["message"]


def test_a_changed_schedule_asks_for_nothing_from_before_the_change(configured: Configure, hook: Hook) -> None:  # noqa: F811
    schedule = "schedule: {cron: '30 1 * * *', timezone: Europe/Berlin}\n"
    _publish(configured(hook.to, schedule), MONDAY)
    settings = load_settings()
    changed = watch(settings, WATCHED_SINCE_MAY, MONDAY + timedelta(hours=1))
    assert changed.missed == []
    looked = watch(settings, changed.memory, MONDAY + timedelta(days=2))
    assert looked.missed == ["acme: the audit that was due at 2026-11-24T00:30:00+00:00 is missing"]


def test_an_alert_that_did_not_arrive_is_named_and_tried_at_the_next_look(
    configured: Configure,
    hook: Hook,  # noqa: F811
) -> None:
    _publish(configured(f"json://127.0.0.1:{free_port()}/T0KEN-PATH"), MONDAY - WEEK)
    (problem,) = watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY, ()).problems
    assert "alarm: nothing listens at its address" in problem
    assert "T0KEN-PATH" not in problem
    configured(hook.to)
    assert watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY).problems == []
    assert len(hook.posted) == 1


def test_an_audit_that_came_before_its_alert_arrived_is_not_told_as_missing(
    configured: Configure,
    hook: Hook,  # noqa: F811
) -> None:
    files = configured(f"json://127.0.0.1:{free_port()}/T0KEN-PATH")
    _publish(files, MONDAY - WEEK)
    assert watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY, ()).problems != []
    configured(hook.to)
    _publish(files, MONDAY + 2 * DAY)
    looked = watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY)
    assert (looked.missed, looked.problems, hook.posted) == ([], [], [])


def test_without_a_ledger_a_missed_week_is_told_once_all_the_same(configured: Configure, hook: Hook) -> None:  # noqa: F811
    files = configured(hook.to)
    _publish(files, MONDAY - WEEK)
    files.deliveries.mkdir()
    looked = watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY)
    assert looked.problems == []
    looked = watch(load_settings(), looked.memory, MONDAY + 3 * DAY)
    assert "deliveries.sqlite, the record of what was delivered, cannot be read" in looked.problems[0]
    assert len(hook.posted) == 1
    watch(load_settings(), looked.memory, MONDAY + WEEK + 2 * DAY)
    assert len(hook.posted) == 2


def test_a_failed_run_that_reached_nobody_is_told_at_the_next_look(configured: Configure, hook: Hook) -> None:  # noqa: F811
    files = configured(f"json://127.0.0.1:{free_port()}/T0KEN-PATH")
    _publish(files, MONDAY)
    failed = Failure("snapshot", "extract", "acme: it did not answer", "")
    outcome = RunOutcome("acme", "0b9d", MONDAY + DAY, (failed,), began=True, published=False)
    with pytest.raises(OrgError):
        alert_of_failure(files, outcome, load_settings().delivery, ())
    configured(hook.to)
    looked = watch(load_settings(), WATCHED_SINCE_MAY, MONDAY + 2 * DAY)
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
    looked = watch(load_settings(), json.dumps(since), MONDAY + 2 * DAY)
    assert looked.missed == ["beta: the audit that was due at 2026-11-23T06:00:00+00:00 is missing"]
    (problem,) = looked.problems
    assert f"{files.findings_database}: File name too long. Look whether data_dir" in problem
    assert len(hook.posted) == 1


def test_the_sensors_are_on_and_remember_since_when_they_watch(configured: Configure, hook: Hook) -> None:  # noqa: F811
    configured(hook.to)
    assert {each.default_status for each in (failed_run, missing_audit)} == {dg.DefaultSensorStatus.RUNNING}
    with dg.build_sensor_context() as context:
        tick = missing_audit.evaluate_tick(context)
    assert tick.skip_message == "No audit is missing"
    since = json.loads(tick.cursor)["acme 0 6 * * 1 UTC"]
    assert datetime.now(UTC) - datetime.fromisoformat(since) < timedelta(minutes=5)
