"""A run that fails tells who asked for it, once, whether a person or Dagster started it."""

import json

import dagster as dg
import pytest
from filelock import FileLock

from assets.alerts import failed_run, send_alerts
from spendready_pipeline.errors import OrgError
from spendready_pipeline.orchestration.definitions import WEEKLY_AUDIT
from spendready_pipeline.orchestration.outcomes import as_dagster_failure, failure_of, outcome_of
from spendready_pipeline.orchestration.resources import Audit
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.settings import load_settings
from tests.delivery.conftest import Hook, hook  # noqa: F401 - the fixture
from tests.pipeline.companies import Company

WRONG = "WRONG-SECRET-0123456789"
SECRETS = (WRONG, "S3CRET-WORD", "T0KEN-PATH")


@pytest.mark.slow  # the whole program starts, once by itself and once in here
def test_a_wrong_secret_is_told_once_by_the_command_line_or_by_dagster(
    demo_org,
    tmp_path,
    hook: Hook,  # noqa: F811
    monkeypatch,
) -> None:
    company = Company(tmp_path / "company", demo_org)
    configuration = company.folder / "spendready.yml"
    alarms = "delivery:\n- {name: alarm, to: '${HOOK}', on: failure}\n- {name: weekly, to: '${HOOK}'}\n"
    configuration.write_text(f"{configuration.read_text()}\n{alarms}")
    company.environment |= {"HOOK": hook.to, "DEMO_CLIENT_SECRET": WRONG}

    ended = company.command("run")

    assert ended.returncode == 1, ended.stderr
    (error,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert error.startswith("error: demo: ")
    assert "invalid_client" in error
    assert "Traceback" not in ended.stdout + ended.stderr
    (posted,) = map(json.loads, hook.posted)
    assert posted["title"].startswith("demo, ")
    assert "the audit failed (extract)" in posted["title"]
    assert "invalid_client" in posted["message"]
    assert "spendready run --org demo" in posted["message"]
    assert "Traceback" not in posted["message"]
    said = [posted["message"].encode(), f"{ended.stdout}{ended.stderr}".encode()]
    kept = [path.read_bytes() for path in company.folder.rglob("*") if path.is_file()]
    assert [secret for secret in SECRETS for text in said + kept if secret.encode() in text] == []

    for name, value in company.environment.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        assert run.job_name == WEEKLY_AUDIT

        def evaluate() -> dg.RunRequest | dg.SkipReason:
            (record,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
            return failed_run(
                dg.build_run_status_sensor_context("failed_run", record.dagster_event, instance, run).for_run_failure()
            )

        assert isinstance(evaluate(), dg.SkipReason)
        company.files.deliveries.unlink()
        request = evaluate()
        assert len(hook.posted) == 1
    assert send_alerts.execute_in_process(run_config=request.run_config).success
    assert json.loads(hook.posted[1]) == posted


@dg.asset
def foreseen() -> None:
    with as_dagster_failure():
        raise OrgError("demo: sign-in was refused: it said. Nothing", "Set the secret")


@dg.asset
def built() -> None:
    raise failure_of(
        OrgError("demo: dbt could not build", "Look in Dagster"),
        detail="what dbt printed\nTraceback (most recent call last)",
    )


@dg.asset
def unforeseen() -> None:
    raise KeyError("S3CRET-WORD")


@dg.asset
def judged() -> int:
    return 1


@dg.asset_check(asset=judged, blocking=True)
def shape() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, metadata={"detail": "User has no column Name"})


def test_what_a_reader_is_told_of_each_failure_holds_no_text_that_nobody_vouches_for() -> None:
    job = dg.Definitions(
        assets=[foreseen, built, unforeseen, judged],
        asset_checks=[shape],
        executor=dg.in_process_executor,
        jobs=[dg.define_asset_job("job")],
    ).resolve_job_def("job")
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(instance=instance, raise_on_error=False, tags={"dagster/partition": "demo"})
        outcome = outcome_of(instance, run.run_id)
    assert (outcome.org, outcome.began, outcome.published) == ("demo", True, False)
    assert {each.step: (each.what, each.remediation) for each in outcome.failures} == {
        "foreseen": ("demo: sign-in was refused: it said. Nothing", "Set the secret"),
        "built": ("demo: dbt could not build", "Look in Dagster"),
        "unforeseen": ("an unexpected error (KeyError)", "The run in Dagster has its log"),
        "judged_shape": ("judged: the check 'shape' failed (User has no column Name)", ""),
    }
    details = {each.step: each.detail for each in outcome.failures}
    assert (details["foreseen"], details["built"]) == ("", "what dbt printed")
    assert "S3CRET-WORD" not in str(outcome)


@dg.asset
def first(audit: Audit) -> None:
    _ = audit.files


@dg.asset
def second(audit: Audit) -> None:
    _ = audit.org


def _not_started(**run) -> RunOutcome:
    job = dg.Definitions(
        assets=[first, second],
        resources={"audit": Audit()},
        executor=dg.in_process_executor,
        jobs=[dg.define_asset_job("job")],
    ).resolve_job_def("job")
    with dg.DagsterInstance.ephemeral() as instance:
        return outcome_of(instance, job.execute_in_process(instance=instance, raise_on_error=False, **run).run_id)


def test_a_run_that_cannot_start_says_so_once_whatever_stages_it_has() -> None:
    outcome = _not_started()
    what, remediation = "The run names no org", "Choose an org (a partition) when you launch it"
    assert outcome.failures == (Failure("", "start", what, remediation),)
    assert outcome.began


def test_a_run_that_finds_another_of_its_org_in_progress_did_not_begin(tmp_path, monkeypatch) -> None:
    (tmp_path / "spendready.yml").write_text(
        "orgs: [{name: acme, instance_url: https://acme.my.salesforce.com, auth: {flow: sf_cli, alias: acme}}]\n"
    )
    monkeypatch.setenv("SPENDREADY_CONFIG", str(tmp_path / "spendready.yml"))
    files = load_settings().files("acme")
    files.root.mkdir(parents=True)
    with FileLock(files.lock):
        outcome = _not_started(tags={"dagster/partition": "acme"})
    (failure,) = outcome.failures
    assert (failure.what, failure.remediation) == ("acme: another run of this org is in progress", "Wait until it ends")
    assert not outcome.began
