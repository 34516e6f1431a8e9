"""What Dagster shows of the audit: the schedule that is on, one unbroken lineage, and who owns what."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

from assets.extract import raw_key
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.orchestration.definitions import WEEKLY_AUDIT, defs
from spendready_pipeline.orchestration.freshness import freshness_policy_for
from spendready_pipeline.orchestration.instance import dagster_instance
from spendready_pipeline.orchestration.resources import Audit
from spendready_pipeline.settings import OrgSettings, Settings
from spendready_pipeline.storage.files import OrgFiles
from tests.pipeline.companies import REPOSITORY

REPORT = dg.AssetKey(["report", "weekly_report"])
DATABASE = dg.AssetKey(["publish", "findings_database"])


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    return defs().get_repository_def()


def _downstream(graph, key: dg.AssetKey) -> set[dg.AssetKey]:
    seen: set[dg.AssetKey] = set()
    waiting = [key]
    while waiting:
        for child in graph.get(waiting.pop()).child_keys - seen:
            seen.add(child)
            waiting.append(child)
    return seen


@pytest.mark.parametrize("table", [each.table for each in OBJECTS])
def test_every_object_leads_to_the_report_and_the_database(repository, table: str) -> None:
    assert {REPORT, DATABASE} <= _downstream(repository.asset_graph, raw_key(table))


def test_the_database_is_published_after_the_report(repository) -> None:
    assert DATABASE in _downstream(repository.asset_graph, REPORT)


def test_every_asset_says_what_it_is_and_whose(repository) -> None:
    graph = repository.asset_graph
    silent = {
        key.to_user_string(): what
        for key in graph.materializable_asset_keys
        if (
            what := [
                name
                for name, value in {
                    "description": graph.get(key).description,
                    "owners": graph.get(key).owners,
                    "kinds": graph.get(key).kinds,
                    "group": graph.get(key).group_name not in (None, "default"),
                }.items()
                if not value
            ]
        )
    }
    assert silent == {}


def test_a_week_without_a_report_is_overdue_after_a_day_of_grace(repository) -> None:
    for key in (REPORT, DATABASE):
        policy = repository.asset_graph.get(key).freshness_policy_or_from_metadata
        assert policy.fail_window.to_timedelta() == timedelta(days=8), key


@pytest.mark.parametrize(
    ("crons", "days"),
    [
        (["0 6 * * 1"], 7),
        (["0 6 * * *"], 1),
        (["0 6 1 * *"], 31),
        (["0 6 * * 1,4"], 4),
        (["0 6 1 * *", "0 6 * * *", "0 6 * * 1"], 1),
        ([], 7),
    ],
)
def test_the_newest_report_may_be_as_old_as_the_most_frequent_schedule_lets_it_be(crons: list[str], days: int) -> None:
    assert freshness_policy_for(crons).fail_window.to_timedelta() == timedelta(days=days + 1)


def test_critical_checks_of_every_object_block_what_follows(repository) -> None:
    graph = repository.asset_graph
    for each in OBJECTS:
        checks = graph.get_check_keys_for_assets({raw_key(each.table)})
        blocking = [key for key in checks if graph.get(key).blocking]
        assert {key.name for key in blocking} >= {"shape", "identity"}, each.name


SCHEDULES = f"""
from datetime import UTC, datetime
import dagster as dg
from spendready_pipeline.orchestration.definitions import defs
repository = defs().get_repository_def()
for schedule in sorted(repository.schedule_defs, key=lambda each: each.name):
    tick = datetime(2026, 11, 2, 6, tzinfo=UTC)
    with dg.build_schedule_context(scheduled_execution_time=tick, repository_def=repository) as context:
        requests = schedule.evaluate_tick(context).run_requests
    orgs = [each.partition_key for each in requests]
    print(schedule.name, schedule.job_name, schedule.default_status.value, schedule.cron_schedule, *orgs)
job = repository.get_job("{WEEKLY_AUDIT}")
print(*job.partitions_def.get_partition_keys())
"""


def _schedules_of(orgs: dict[str, str], folder: Path) -> list[str]:
    """What Dagster loads for orgs with their crons, where no secret is set; the last line has the partitions."""
    entries = "".join(
        f"- name: {name}\n"
        f"  instance_url: https://{name}.my.salesforce.com\n"
        f"  schedule: {{cron: '{cron}'}}\n"
        "  auth: {flow: client_credentials, client_id: '${NOBODY_SET_ID}', client_secret: '${NOBODY_SET_SECRET}'}\n"
        for name, cron in orgs.items()
    )
    configuration = folder / "spendready.yml"
    configuration.write_text(f"data_dir: {folder}/data\norgs:\n{entries}")
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    loaded = subprocess.run(
        [sys.executable, "-c", SCHEDULES],
        env=known | {"SPENDREADY_CONFIG": str(configuration), "DAGSTER_HOME": str(folder)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert not (folder / "data").exists()
    return loaded.stdout.splitlines()


def test_each_org_has_a_schedule_that_is_on_and_that_a_new_org_does_not_move(tmp_path) -> None:
    emea = "weekly_audit_emea weekly_audit RUNNING 0 6 * * 1 emea"
    apac = "weekly_audit_apac_two weekly_audit RUNNING 0 3 * * 1 apac-two"
    orgs = {"emea": "0 6 * * 1", "apac-two": "0 3 * * 1"}
    assert _schedules_of(orgs, tmp_path) == [apac, emea, "emea apac-two"]

    new = "weekly_audit_newco weekly_audit RUNNING 0 6 * * 1 newco"
    assert _schedules_of({"newco": "0 6 * * 1", **orgs}, tmp_path) == [apac, emea, new, "newco emea apac-two"]


def test_dagster_reports_home_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    # What `dagster dev` does in the repository where nobody set DAGSTER_HOME.
    by_hand = InstanceRef.from_dir(str(tmp_path), config_dir=str(REPOSITORY))
    with dg.DagsterInstance.from_ref(by_hand) as instance:
        assert not instance.telemetry_enabled
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    with dagster_instance(Settings.model_construct(data_dir=tmp_path)) as instance:
        assert not instance.telemetry_enabled


def test_no_stage_starts_after_the_deadline_of_the_run(tmp_path) -> None:
    auth = {"flow": "access_token", "access_token": "token"}
    audit = Audit()
    audit._org = OrgSettings(name="acme", instance_url="https://acme.my.salesforce.com", auth=auth)
    audit._files = OrgFiles(tmp_path / "acme")
    audit._ends_at = time.monotonic() + 60
    assert audit.files.root == tmp_path / "acme"
    audit._ends_at = time.monotonic() - 1
    with pytest.raises(dg.Failure, match=r"acme: the run has taken more than 12 hours \(limits\.run_hours\)"):
        _ = audit.files
