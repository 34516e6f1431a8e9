"""A whole snapshot (17 objects, evidence, DuckDB), against the logins alone read in other ways.

`python -m benchmarks.landing 1000000 0 3`: logins, seconds that each answer takes longer, rounds. One HTTPS server
serves ready-made gzipped pages; each way runs in a process of its own, in turn. The first round is not counted,
unless answers take longer.
"""

import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIELDS = (
    "Id, UserId, LoginTime, LoginType, LoginSubType, Status, Application, Browser, Platform, ApiType, SourceIp, "
    "CountryIso, AuthenticationServiceId"
)


def snapshot(served: Path) -> Callable[[], int]:
    """Takes a whole snapshot; gives how many logins it has."""
    from spendready_pipeline.salesforce.extract.snapshot import take_snapshot
    from spendready_pipeline.storage.files import OrgFiles

    org = _settings(served)
    folder = Path(tempfile.mkdtemp(dir=served))  # goes with the server's, once nothing is measured any more

    def work() -> int:
        read = list(take_snapshot(org, OrgFiles(folder / "demo"), "benchmark", lambda _: None))
        assert all(each.status == "read" for each in read), [each for each in read if each.status != "read"]
        return next(each.rows for each in read if each.object == "LoginHistory")

    return work


def pandas(served: Path) -> Callable[[], int]:
    """Reads LoginHistory as most scripts do: one cursor, every page into Python objects, then one frame."""
    import pandas as pd
    import requests
    from simple_salesforce import Salesforce

    org = _settings(served)
    answer = requests.post(
        f"{org.instance_url}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": org.auth.client_id,
            "client_secret": org.auth.client_secret.get_secret_value(),
        },
        verify=str(org.ca_bundle),
        timeout=60,
    )
    session = requests.Session()
    session.trust_env = False
    session.verify = str(org.ca_bundle)
    salesforce = Salesforce(
        instance_url=org.instance_url, session_id=answer.json()["access_token"], session=session, version="67.0"
    )
    return lambda: len(pd.DataFrame(salesforce.query_all_iter(f"SELECT {FIELDS} FROM LoginHistory")))


def orjson(served: Path) -> Callable[[], int]:
    """Parses the same pages from the disk, and keeps nothing: the least that reading JSON in Python can cost."""
    from orjson import loads

    pages = sorted(served.glob("*.json.gz"))
    return lambda: sum(len(loads(gzip.decompress(page.read_bytes()))["records"]) for page in pages)


WAYS = {way.__name__: way for way in (snapshot, pandas, orjson)}


def _settings(served: Path) -> Any:
    from spendready_pipeline.settings import load_settings

    environment = dict(line.split("=", 1) for line in (served / "environment").read_text().splitlines())
    return load_settings(served / "spendready.yml", environment).org("demo")


def run_one(way: str, served: Path) -> None:
    """Does the work once and prints its figures; what is imported and signed in to before is not counted."""
    work = WAYS[way](served)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    rows = work()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "peak_mb": after.ru_maxrss / 1024}))


def main(rows: int, latency: float, rounds: int) -> None:
    """Runs each way in turn, and prints medians and ratios."""
    figures: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    command = [sys.executable, "-m", "benchmarks.login_server", str(rows), str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        served = server.stdout.readline().strip()
        for counted in range(bool(latency), rounds + 1):  # waiting needs no warming up
            for way in WAYS:
                done = subprocess.run(
                    [sys.executable, "-m", "benchmarks.landing", way, served],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                figure = json.loads(done.stdout)
                assert figure["rows"] == rows, figure
                if counted:
                    figures[way].append(figure)
        server.communicate("")
    print(f"{rows:,} logins, {latency * 1000:.0f} ms more an answer, median of {rounds} rounds, {os.cpu_count()} cores")
    median = {
        way: {key: statistics.median(one[key] for one in all_) for key in all_[0]} for way, all_ in figures.items()
    }
    for way, each in median.items():
        print(f"{way:10} {each['seconds']:7.1f} s {each['cpu']:7.1f} CPU-s {each['peak_mb']:7.0f} MB at most")
    for way in ("pandas", "orjson"):
        pairs = [
            one["seconds"] / other["seconds"] for one, other in zip(figures[way], figures["snapshot"], strict=True)
        ]
        rounds_ = ", ".join(f"{pair:.2f}" for pair in pairs)
        print(f"ratio {way} / snapshot: {statistics.median(pairs):.2f} (each round: {rounds_})")
    print(f"ratio snapshot / orjson: {median['snapshot']['seconds'] / median['orjson']['seconds']:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in WAYS:
        run_one(sys.argv[1], Path(sys.argv[2]))
    else:
        given = [float(each) for each in sys.argv[1:4]]
        rows, latency, rounds = (*given, *(1_000_000, 0.0, 3)[len(given) :])
        main(int(rows), latency, int(rounds))
