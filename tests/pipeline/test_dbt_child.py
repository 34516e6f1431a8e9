"""dbt as a child: it asks no package index, gets no secret, and ends with the run that started it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spendready_pipeline.orchestration.launch_dbt import DBT_VARIABLES
from spendready_pipeline.orchestration.warehouse_wait import wait_for_dbt
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.pipeline.companies import REPOSITORY, Company
from tests.pipeline.processes import dbt_of, eventually, has_ended

LAUNCHER = REPOSITORY / "spendready_pipeline" / "orchestration" / "launch_dbt"
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc and prctl")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@pytest.fixture
def stand_in(tmp_path: Path):
    """Puts a program in dbt's place; gives the environment in which the launcher finds it."""

    def install(script: str) -> dict[str, str]:
        python, dbt = tmp_path / "bin" / "python", tmp_path / "bin" / "dbt"
        python.parent.mkdir()
        python.symlink_to(sys.executable)
        dbt.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
        dbt.chmod(0o700)
        return {"SPENDREADY_PYTHON": str(python)}

    return install


def test_dbt_gets_the_allowed_variables_and_no_other(stand_in) -> None:
    given = {
        "HOME": "/home/audit",
        "PATH": "/usr/bin",
        "LC_ALL": "C.UTF-8",
        "SPENDREADY_WAREHOUSE": "/data/acme/warehouse.duckdb",
        "DBT_TARGET_PATH": "/data/acme/.dbt",
    }
    secrets = {
        "ACME_ID": "consumer key",
        "ACME_CLIENT_SECRET": "secret",
        "SMTP_PASSWORD": "secret",
        "SLACK_TOKEN": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "DBT_ENV_SECRET_X": "secret",
        "SPENDREADY_TOKEN": "secret",
    }
    env = stand_in("import json, os; print(json.dumps(dict(os.environ)))") | given | secrets
    printed = subprocess.run([LAUNCHER, "build"], env=env, check=True, capture_output=True, text=True).stdout
    assert {**json.loads(printed), "LC_CTYPE": ""} == given | {"LC_CTYPE": ""}


def test_dbt_gets_every_variable_that_its_project_reads() -> None:
    files = [*REPOSITORY.glob("dbt_project/*.yml"), *REPOSITORY.glob("dbt_project/m*/**/*.*")]
    read = {name for file in files for name in re.findall(r"env_var\(\s*['\"](\w+)", file.read_text(encoding="utf-8"))}
    assert read
    assert read <= DBT_VARIABLES


@needs_strace
def test_the_version_of_dbt_is_known_without_a_connection(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=connect", "-o", trace, LAUNCHER, "--version"]
    env = os.environ | {"SPENDREADY_PYTHON": sys.executable}
    printed = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    assert re.fullmatch(r"installed: 1\.11\.\d+\n", printed)
    assert "AF_INET" not in trace.read_text()


@linux
def test_dbt_ends_with_the_process_that_started_it(stand_in, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    env = os.environ | stand_in(
        "import os, pathlib, sys, time\n"
        "pathlib.Path(sys.argv[1]).with_suffix('.part').write_text(str(os.getpid()))\n"
        "pathlib.Path(sys.argv[1]).with_suffix('.part').rename(sys.argv[1])\n"
        "time.sleep(300)\n"
    )
    starts = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    with subprocess.Popen([sys.executable, "-c", starts, LAUNCHER, ready], env=env) as parent:
        assert eventually(ready.exists)
        dbt = Path("/proc", ready.read_text())
        assert dbt.exists()
        parent.kill()
    assert eventually(lambda: has_ended(dbt))


HOLDER = """
import sys, duckdb
held = duckdb.connect(sys.argv[2])
print("holds", flush=True)
sys.stdin.read()
"""


@contextmanager
def _held_by(script: str, tmp_path: Path, warehouse: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = tmp_path / script
    program.write_text(HOLDER, encoding="utf-8")
    command = [sys.executable, program, "build", warehouse]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"holds\n"
        yield holder
        holder.stdin.close()


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "acme" / "warehouse.duckdb"
    with open_warehouse(path):
        return path


def test_a_run_waits_for_dbt_of_a_run_that_has_ended_and_says_so(tmp_path: Path, warehouse: Path) -> None:
    told = []
    with _held_by("dbt", tmp_path, warehouse) as holder:

        def tell(text: str) -> None:
            told.append(text)
            holder.stdin.close()

        wait_for_dbt(warehouse, tell)
    assert told == [f"waiting up to 15 minutes for dbt of a run that has ended (process {holder.pid})"]
    with open_warehouse(warehouse):
        pass


def test_a_run_does_not_wait_for_a_dbt_without_an_end(tmp_path: Path, warehouse: Path) -> None:
    with _held_by("dbt", tmp_path, warehouse):
        began = time.monotonic()
        wait_for_dbt(warehouse, lambda _: None, seconds=0.1)
    assert time.monotonic() - began < 30


def test_a_run_does_not_wait_for_a_person_who_has_the_warehouse_open(tmp_path: Path, warehouse: Path) -> None:
    told = []
    with _held_by("notebook", tmp_path, warehouse):
        wait_for_dbt(warehouse, told.append)
    assert told == []


@linux
@pytest.mark.slow  # the whole program starts twice
def test_a_run_killed_in_its_dbt_step_takes_dbt_along_and_the_next_run_succeeds(a_week_later, second_week) -> None:
    company: Company = a_week_later()
    with company.begin("run", SMTP_PASSWORD="open-sesame") as run:
        assert eventually(lambda: dbt_of(run) is not None or run.poll() is not None, 240)
        dbt = dbt_of(run)
        assert dbt is not None, run.stderr.read()
        environment = (dbt / "environ").read_bytes()
        run.send_signal(signal.SIGKILL)
        assert eventually(lambda: has_ended(dbt))
    for secret in (company.org.client_secret, "open-sesame"):
        assert secret.encode() not in environment
    assert b"SPENDREADY_WAREHOUSE=" in environment
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
    assert any("/dbt" in line and '"build"' in line for line in started)
    children = started[1:]  # the first is the run itself
    for secret in (company.org.client_secret, "open-sesame"):
        assert [line.partition(", [")[0] for line in children if secret in line] == []
