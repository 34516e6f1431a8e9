"""Processes of this machine, as Linux lists them."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Waits until something is so; False where it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def has_ended(process: Path) -> bool:
    """A zombie has ended as well: nobody may be there to reap it."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def dbt_of(run: subprocess.Popen[str]) -> Path | None:
    """The dbt process of a run, once it builds."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            words = (stat.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == run.pid and b"build" in words and any(word.endswith(b"/dbt") for word in words):
            return stat.parent
    return None
