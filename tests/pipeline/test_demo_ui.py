"""`make ui` after `make demo`: the org of the demo is there, so that an audit can be launched in Dagster's UI."""

import shutil
import sys
from pathlib import Path

import pytest

from demo_org.serve import DemoOrg
from spendready_pipeline.cli.demo import configure_demo
from tests.conftest import NOW, OrgFile
from tests.pipeline.companies import Company
from tests.pipeline.dagster_dev import free_port, graphql, served
from tests.pipeline.processes import eventually

LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {__typename ... on LaunchRunSuccess {run {runId}} ... on PythonError {message}}
}"""
JOB = {"repositoryLocationName": "spendready", "repositoryName": "__repository__", "jobName": "weekly_audit"}
STATUS = "query ($id: ID!) {runOrError(runId: $id) {... on Run {status}}}"


@pytest.mark.slow  # starts Dagster's processes, and a whole audit by them
@pytest.mark.xdist_group("ui")
def test_a_run_launched_in_the_ui_audits_the_demo_org(audited: Company, org_file: OrgFile, tmp_path: Path) -> None:
    folder, log, port = tmp_path / "demo", tmp_path / "log", free_port()
    shutil.copytree(audited.folder / "data", folder / "data", symlinks=True)
    shutil.copytree(audited.environment["DAGSTER_HOME"], folder / "data" / ".dagster")
    with DemoOrg(org_file(), now=NOW, folder=folder / ".org") as org:
        configure_demo(org, folder / "spendready.yml")
    command = [sys.executable, "-m", "spendready_pipeline.cli.main", "demo-ui", "--folder", str(folder)]
    with served([*command, "--port", str(port)], port, tmp_path, {}, log) as address:
        tags = [{"key": "dagster/partition", "value": "demo"}]
        params = {"selector": JOB, "runConfigData": {}, "executionMetadata": {"tags": tags}}
        run_id = graphql(address, LAUNCH, params=params)["launchRun"]["run"]["runId"]

        def status() -> str:
            return graphql(address, STATUS, id=run_id)["runOrError"]["status"]

        assert eventually(lambda: status() in ("SUCCESS", "FAILURE"), 240), log.read_text()
        assert status() == "SUCCESS", log.read_text()
    evidence = sorted(path.name for path in (folder / "data" / "demo" / "evidence").glob("2*"))
    assert evidence == ["20261102T060000Z", "20261102T060000Z-2"]
