"""`dagster dev` for tests: started as people start it, asked through GraphQL, ended with all its processes."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

READY_WITHIN = 120
"""Seconds; a machine with little else to do needs ten."""


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def served(command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Runs a command that serves Dagster's UI; gives its address once it knows the assets."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + READY_WITHIN
        while not _serves_assets(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield address
    finally:
        # All of its processes at once: it takes ten seconds to end by itself, and nothing of it is kept.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def graphql(address: str, query: str, **variables: object) -> Any:
    """Asks Dagster; gives the `data` of its answer."""
    asked = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{address}/graphql", asked, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer
    return answer["data"]


def _serves_assets(address: str) -> bool:
    try:
        return bool(graphql(address, "{assetNodes {assetKey {path}}}")["assetNodes"])
    except OSError:
        return False
