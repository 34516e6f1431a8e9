"""A checkout that nobody may write: it loads, it audits, and what it reads there stays as it is."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ServeDemoOrg
from tests.pipeline.companies import REPOSITORY, Company

BIN = Path(sys.executable).parent
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
NO_MANIFEST = f'{READ_ONLY} && mount -t tmpfs -o ro none "$1/dbt_project/target"'

Mounted = Callable[..., subprocess.CompletedProcess[str]]


def _mounted(mounts: str, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that sees the checkout mounted read-only; other processes see it as before."""
    script = f'{mounts} && shift && cd "$0" && exec "$@"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, REPOSITORY, REPOSITORY, *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def _may_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    refused = _mounted(READ_ONLY, "sh", "-c", "! touch written").returncode
    return refused == 0


pytestmark = [
    pytest.mark.slow,  # starts the whole program, and dbt
    pytest.mark.skipif(not _may_mount(), reason="this user may not mount file systems (Linux, root)"),
]


@pytest.mark.parametrize("mounts", [READ_ONLY, NO_MANIFEST], ids=["prepared", "without a manifest"])
def test_an_audit_runs_from_it_and_says_nothing_wrong(
    serve_demo_org: ServeDemoOrg, tmp_path: Path, mounts: str
) -> None:
    company = Company(tmp_path / "company", serve_demo_org())
    (company.folder / "spendready.yml").chmod(0o600)
    ended = _mounted(mounts, BIN / "spendready", "run", **company.environment)
    assert ended.returncode == 0, ended.stderr
    assert all(line.startswith("demo: ") for line in ended.stderr.splitlines()), ended.stderr
    assert company.published("select count(*) > 0 as found from findings") == [{"found": True}]
    parsed = company.folder / "dagster" / "dbt" / "manifest.json"
    assert parsed.exists() == (mounts is NO_MANIFEST)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([BIN / "dagster", "definitions", "validate", "-w", "workspace.yaml"], id="dagster"),
        pytest.param([BIN / "dg", "check", "defs"], id="dg"),
    ],
)
def test_dagster_finds_its_definitions_in_order(tmp_path: Path, command: list[str | Path]) -> None:
    # Neither a configuration nor a manifest: what a machine has that only builds an image. Without DAGSTER_HOME these
    # commands make a folder of their own in the working directory.
    ended = _mounted(NO_MANIFEST, *command, DAGSTER_HOME=str(tmp_path), HOME=str(tmp_path))
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    assert "Read-only" not in said
    assert "Traceback" not in said
