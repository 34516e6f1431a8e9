"""Waits for a dbt that outlived its run and still holds the org's warehouse.

On Linux the kernel ends dbt with its run; elsewhere, a run process that was killed leaves dbt to finish by itself.
"""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from spendready_pipeline.config.environment import child_environment
from spendready_pipeline.storage.warehouse import connect_locked

WAIT_SECONDS = 900.0
"""Longer than dbt takes for an org of 100,000 users."""
_POLL_SECONDS = 1.0


def wait_for_dbt(warehouse: Path, tell: Callable[[str], None], seconds: float = WAIT_SECONDS) -> None:
    """Waits until no dbt holds the warehouse; returns at once where another program does, or none.

    A run holds the lock of its org when it calls this, so such a dbt belongs to a run that has ended.

    Args:
        warehouse: The DuckDB file; it may not exist yet.
        tell: Is told once, before the first wait.
        seconds: How long to wait at most. The run goes on afterwards, and reports who holds the file.
    """
    deadline = time.monotonic() + seconds
    told = False
    while (holder := _holding_dbt(warehouse)) is not None and time.monotonic() < deadline:
        if not told:
            tell(f"waiting up to {seconds / 60:.0f} minutes for dbt of a run that has ended (process {holder})")
            told = True
        time.sleep(_POLL_SECONDS)


def _holding_dbt(warehouse: Path) -> int | None:
    """The process id of a dbt that holds the file; None where none does."""
    if not warehouse.exists():
        return None
    try:
        connect_locked(warehouse, read_only=True).close()
    except duckdb.Error as error:
        found = re.search(r"Could not set lock.*PID (\d+)", str(error), re.DOTALL)
        return int(found[1]) if found and "dbt" in _programs(found[1]) else None
    return None


def _programs(process_id: str) -> list[str]:
    """The names of the interpreter and the script that a process runs."""
    command = ["ps", "-o", "args=", "-p", process_id]
    try:
        listed = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return []
    return [Path(word).name for word in listed.stdout.split()[:3]]
