"""A run of several orgs that is told to stop: it stops, says what is left, and calls nobody out."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml
from filelock import FileLock

from demo_org.faults import Fault
from spendready_pipeline.orchestration.resources import _end_lost_runs
from spendready_pipeline.orchestration.stop_signals import stop_signals
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.delivery.conftest import Hook, hook  # noqa: F401 - the fixture
from tests.pipeline.companies import Company
from tests.pipeline.processes import is_in_dbt

# A shell starts background jobs, and a test runner in one, so that they ignore SIGINT.
HEEDS_SIGINT = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


def _with_two_more_orgs(company: Company) -> None:
    """Adds two orgs like the first, and a destination for alerts."""
    path = company.folder / "spendready.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["orgs"] += [content["orgs"][0] | {"name": name} for name in ("second", "third")]
    content["delivery"] = [{"name": "oncall", "to": "${HOOK}", "on": "failure"}]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=lambda each: str(each))
@pytest.mark.slow  # the whole program starts
def test_a_run_of_many_orgs_that_is_told_to_stop_stops(
    serve_demo_org,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hook: Hook,  # noqa: F811
    sent: signal.Signals,
    code: int,
) -> None:
    org = serve_demo_org(60, faults=[Fault(containing="FROM User ", delay_seconds=8)])
    company = Company(tmp_path / "company", org)
    _with_two_more_orgs(company)
    company.environment["HOOK"] = hook.to
    with company.begin("run", under=[sys.executable, "-c", HEEDS_SIGINT]) as run:
        seen = []
        for line in run.stderr:
            seen.append(line)
            if "demo: signed in as" in line:
                run.send_signal(sent)
                break
        said = "".join([*seen, run.stderr.read()])
    assert run.returncode == code, said
    assert "Traceback" not in said
    assert "unexpected error" not in said
    assert f"error: demo: stopped by {sent.name}. Run it again: spendready run --org demo\n" in said
    assert said.endswith(f"stopped by {sent.name}; not started: second, third\n")
    assert "second: audit started" not in said
    assert hook.posted == []
    monkeypatch.setenv("DAGSTER_HOME", company.environment["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        assert [each.status.value for each in instance.get_runs()] == ["CANCELED"]


@pytest.mark.slow  # the whole program starts
def test_a_run_that_is_told_to_stop_in_its_dbt_step_frees_its_org(serve_demo_org, tmp_path: Path) -> None:
    company = Company(tmp_path / "company", serve_demo_org(60))
    with company.begin("run") as run:
        assert is_in_dbt(run, company.files), run.stderr.read()
        run.send_signal(signal.SIGTERM)
        said = run.stderr.read()
    assert run.returncode == 143, said
    assert "Traceback" not in said
    assert "report: " not in said
    with FileLock(company.files.root / ".lock", timeout=0), open_warehouse(company.files.warehouse):
        pass


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_a_library_handles_is_noted_all_the_same(sent: signal.Signals) -> None:
    reacted = threading.Event()
    with stop_signals() as stop, stop.reaction(reacted.set):
        assert stop.received is None
        signal.signal(sent, lambda *_: None)
        os.kill(os.getpid(), sent)
        assert reacted.wait(10)
    assert stop.received is sent


def _end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)


def test_a_signal_that_nothing_handles_interrupts() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a Dagster run that another test made may have left one
    try:
        with stop_signals() as stop:
            with pytest.raises(KeyboardInterrupt):
                _end_this_process()
            assert stop.wait() is signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@dg.job
def nothing() -> None: ...


def test_a_run_that_was_killed_while_it_stopped_is_canceled_by_the_next_of_its_org() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {"dagster/partition": "acme"}
        killed = instance.create_run_for_job(nothing, tags=tags, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_canceling(killed)
        time.sleep(0.01)  # a run is older by its time of creation
        this = instance.create_run_for_job(nothing, tags=tags, status=dg.DagsterRunStatus.STARTED)
        _end_lost_runs(instance, this, "acme")
        states = {each.run_id: each.status.value for each in instance.get_runs()}
    assert states == {killed.run_id: "CANCELED", this.run_id: "STARTED"}
