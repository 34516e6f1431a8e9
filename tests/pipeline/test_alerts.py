"""A run that fails tells who asked for it, once, whether a person or Dagster started it."""

import json

import dagster as dg
import pytest

from assets.alerts import failed_run
from spendready_pipeline.definitions import WEEKLY_AUDIT
from tests.delivery.conftest import Hook, hook  # noqa: F401 - the fixture
from tests.pipeline.companies import Company

pytestmark = pytest.mark.xdist_group("audited")

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

        def evaluate() -> None:
            (record,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
            failed_run(
                dg.build_run_status_sensor_context("failed_run", record.dagster_event, instance, run).for_run_failure()
            )

        evaluate()
        assert len(hook.posted) == 1
        company.files.deliveries.unlink()
        evaluate()
    assert json.loads(hook.posted[1]) == posted
