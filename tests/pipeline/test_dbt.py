"""dbt in the run's own process: it leaves the warehouse free, gets no secret, and ends with its run."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from spendready_pipeline.orchestration.dbt import build_models
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.pipeline.companies import REPOSITORY, Company
from tests.pipeline.processes import is_in_dbt

SELECTED = ["--select", "marts/coverage", "--partition", "demo"]
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@pytest.fixture
def handlers() -> Iterator[None]:
    """Puts the handlers of signals back: Dagster, in which builds run, has its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_a_build_that_fails_says_why_and_leaves_everything_as_it_was(tmp_path: Path, monkeypatch) -> None:
    files = OrgFiles(tmp_path / "acme")
    with open_warehouse(files.warehouse) as warehouse:
        warehouse.execute("create schema raw")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPENDREADY_WAREHOUSE", raising=False)
    build = build_models(files, ["--select", "stg_salesforce__users"])
    assert not build.succeeded
    assert any("Table with name user does not exist" in error for error in build.errors)
    assert [result["data"]["status"] for result in build.results] == ["error"]
    with open_warehouse(files.warehouse):  # with another configuration than dbt
        pass
    assert Path.cwd() == tmp_path
    assert "SPENDREADY_WAREHOUSE" not in os.environ


@pytest.mark.slow  # Dagster and dbt start
def test_a_person_can_have_one_table_built_again_in_dagster(audited: Company, tmp_path: Path, monkeypatch) -> None:
    company = audited.copy(tmp_path / "company", audited.org)
    program = ["-m", "spendready_pipeline.orchestration.definitions"]
    built = subprocess.run(
        [sys.executable, "-m", "dagster", "asset", "materialize", *program, *SELECTED],
        env=os.environ | company.environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    monkeypatch.setenv("DAGSTER_HOME", company.environment["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        (run, *_) = instance.get_runs()
        events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    assert [event.dagster_event.asset_key.to_user_string() for event in events] == ["marts/coverage"]


@pytest.mark.slow  # the whole program starts twice
def test_after_a_run_that_was_killed_in_its_dbt_step_the_next_run_succeeds(a_week_later, second_week) -> None:
    company: Company = a_week_later()
    with company.begin("run") as run:
        assert is_in_dbt(run, company.files), run.stderr.read()
        run.send_signal(signal.SIGKILL)
    ended = company.command("run")
    assert ended.returncode == 0, ended.stderr
    assert company.finding_tables() == second_week.finding_tables()


@pytest.fixture(scope="module")
def traced(org_file, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, list[str]]]:
    """A company after a whole run, and what strace saw of it."""
    from demo_org.serve import DemoOrg
    from tests.conftest import NOW

    folder = tmp_path_factory.mktemp("traced")
    with DemoOrg(org_file(), now=NOW) as org:
        company = Company(folder / "company", org)
        mail = "mailtos://audit:${SMTP_PASSWORD}@127.0.0.1?from=audit@acme.example"
        with (company.folder / "spendready.yml").open("a", encoding="utf-8") as file:
            file.write(f"delivery:\n- {{name: oncall, to: '{mail}', on: failure}}\n")
        trace = folder / "trace"
        strace = ["strace", "-f", "--seccomp-bpf", "-v", "-s", "100000", "-e", "trace=connect,execve", "-o", str(trace)]
        with company.begin("run", under=strace, SMTP_PASSWORD="open-sesame") as run:
            _, errors = run.communicate(timeout=280)
        assert run.returncode == 0, errors
        yield company, trace.read_text(errors="replace").splitlines()


@needs_strace
@pytest.mark.slow  # the whole program starts, under strace
def test_a_whole_run_connects_to_its_org_and_to_nothing_else(traced) -> None:
    company, trace = traced
    port = company.org.instance_url.rpartition(":")[2]
    connections = {line.partition("connect(")[2] for line in trace if "AF_INET" in line}
    assert connections
    for each in connections:
        assert f"sin_port=htons({port})" in each or f"sin6_port=htons({port})" in each, each
        assert '"127.0.0.1"' in each or '"::1"' in each, each


@needs_strace
@pytest.mark.slow  # the whole program starts, under strace
def test_no_child_of_a_run_gets_a_secret(traced) -> None:
    company, trace = traced
    started = [line for line in trace if "execve(" in line and line.endswith(" = 0")]
    assert '"run"' in started[0]
    children = started[1:]  # the first is the run itself
    for secret in (company.org.client_secret, "open-sesame"):
        assert [line.partition(", [")[0] for line in children if secret in line] == []
