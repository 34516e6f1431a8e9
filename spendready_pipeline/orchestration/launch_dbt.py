"""Runs dbt with its variables, without secrets in its environment, and ends it when the run that started it ends.

`launch_dbt` runs this file by its path; it is not imported. dagster-dbt asks the dbt command for its version at each
start, and dbt then asks a package index for newer ones: this program answers instead, without a network.
"""

import ctypes
import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from spendready_pipeline.catalog.finding_models import dbt_variables
from spendready_pipeline.config.environment import child_environment

# The first line is what dbt_project/profiles.yml reads, the rest is what dagster-dbt sets.
DBT_VARIABLES = frozenset({
    "SPENDREADY_DUCKDB_MEMORY", "SPENDREADY_WAREHOUSE",
    "DAGSTER_DBT_CLI", "DBT_INDIRECT_SELECTION", "DBT_LOG_FORMAT", "DBT_LOG_PATH", "DBT_PROFILES_DIR",
    "DBT_PROJECT_DIR", "DBT_SEND_ANONYMOUS_USAGE_STATS", "DBT_TARGET_PATH", "PYTHONLEGACYWINDOWSSTDIO",
    "PYTHONUNBUFFERED",
})  # fmt: skip
_PR_SET_PDEATHSIG = 1
"""prctl(2): the kernel sends this process a signal when its parent ends. It survives an execve."""


def main(arguments: list[str]) -> None:
    """Becomes dbt, or prints dbt's version."""
    if arguments == ["--version"]:
        print(f"installed: {version('dbt-core')}")
        return
    _end_with_parent()
    dbt = str(Path(sys.executable).parent / "dbt")
    os.execve(dbt, [dbt, *arguments, "--vars", dbt_variables()], child_environment(DBT_VARIABLES))  # noqa: S606 - no shell


def _end_with_parent() -> None:
    """Linux only; elsewhere the next run of the org waits until dbt has ended."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit("the run that started dbt has ended")


if __name__ == "__main__":
    main(sys.argv[1:])
