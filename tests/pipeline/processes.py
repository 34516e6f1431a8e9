"""Waiting for what a program does that runs meanwhile."""

import subprocess
import time
from collections.abc import Callable

from spendready_pipeline.storage.files import OrgFiles


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Waits until something is so; False where it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_in_dbt(run: subprocess.Popen[str], files: OrgFiles, seconds: float = 240.0) -> bool:
    """Waits until dbt builds models in a run; False where the run ends without."""
    log = files.dbt_target / "dbt.log"
    before = log.stat().st_size if log.exists() else 0

    def builds() -> bool:
        return log.exists() and b" START sql " in log.read_bytes()[before:]

    return eventually(lambda: builds() or run.poll() is not None, seconds) and builds() and run.poll() is None
