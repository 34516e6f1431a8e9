"""Kills whole audits at random moments (SIGKILL), then lets one end undisturbed, and compares what there is then.

`python -m tests.pipeline.crash --kills 50 --seed 1` prints a line for each kill. While a run waits to be killed, its
org also answers 503, breaks connections and ends sessions, as a bad day does.
"""

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from demo_org.content import build_org
from demo_org.faults import Fault
from demo_org.serve import DemoOrg
from spendready_pipeline.evidence.verify import examine, unfinished
from spendready_pipeline.storage.files import snapshot_folder_name
from tests.conftest import NOW
from tests.pipeline.companies import Company

WEEK = timedelta(days=7)
USERS = 50
TABLES = ("findings", "finding_history", "coverage", "integration_users", "license_usage", "accounts", "app_usage")
"""Published tables that do not say when or how they were read."""


@dataclass(frozen=True)
class Moment:
    """When a run is killed: so many seconds after a line of its progress.

    Attributes:
        stage: The stage that is then under way.
        after: Text of the line; empty: the start. `POST`: the report arrives at a destination.
        seconds: The longest wait after it.
    """

    stage: str
    after: str
    seconds: float


MOMENTS = (
    Moment("start", "", 4.0),
    Moment("extract", "signed in as", 0.6),
    Moment("load", "Organization, ", 0.4),
    Moment("load", "LoginHistory, ", 0.4),
    Moment("check", "evidence in", 3.0),
    Moment("dbt", "building the findings", 12.0),
    Moment("report", "report: ", 0.6),
    Moment("publish", "report: ", 3.0),
    Moment("publish", "report: ", 0.8),
    Moment("deliver", "POST", 0.1),
    Moment("deliver", "published: ", 1.0),
    Moment("retention", "delivered: ", 0.5),
)


class Hook:
    """A destination that is a web hook on loopback: keeps when a report came, and answers."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.arrived = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.posted.append(str(content["title"]))
                hook.arrived.set()
                time.sleep(0.05)  # a service takes its time: a kill may come between its having it and its answer
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def to(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/hook"


@dataclass
class Trial:
    """One kill, and what came of it.

    Attributes:
        moment: When the run was killed.
        waited: Seconds after the moment's line.
        left: What the killed run left behind.
        problems: What is not as it would have been without the kill; empty where all is.
    """

    moment: Moment
    waited: float
    left: str = ""
    problems: list[str] = field(default_factory=list)


class Crashes:
    """An org after its first week, its second week undisturbed, and as many disturbed second weeks as are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = folder / "content.duckdb"
        build_org(self.content, USERS, 1, NOW)
        self.base = folder / "base"
        with self._org() as org:
            company = Company(self.base, org)
            assert company.command("run").returncode == 0
        with self._company("undisturbed") as (company, hook):
            ended = company.command("run")
            assert ended.returncode == 0, ended.stderr
            self.reports = len(hook.posted)
            self.tables = _tables(company)

    def trial(self, moments: Sequence[Moment], chance: random.Random) -> list[Trial]:
        """Kills a run of the second week at each of the moments, lets another run end, and compares.

        Returns:
            Each kill; the last one has what differs in the end.
        """
        tried = [Trial(moment, chance.uniform(0, moment.seconds)) for moment in moments]
        with self._company("disturbed") as (company, hook):
            for each in tried:
                company.org.faults[:] = _bad_day(chance)
                _run_and_kill(company, hook, each)
                each.left = _left(company)
            company.org.faults.clear()
            ended = company.command("run")
            problems = list(self._problems(company))
            problems += _wrong_deliveries(company, hook, ended.returncode, self.reports)
            tried[-1].problems = [*problems, ended.stderr[-2000:]] if problems else []
        shutil.rmtree(self.folder / "disturbed")
        return tried

    def _problems(self, company: Company) -> Iterator[str]:
        yield from map(str, examine(company.files).problems)
        yield from (f"{name} is unfinished" for name in unfinished(company.files))
        found = _tables(company)
        yield from (f"{name} differs" for name in self.tables if found.get(name) != self.tables[name])
        if found.keys() != self.tables.keys():
            yield "other tables"

    @contextmanager
    def _org(self) -> Iterator[DemoOrg]:
        with DemoOrg(self.content, now=NOW) as org:
            yield org

    @contextmanager
    def _company(self, name: str) -> Iterator[tuple[Company, Hook]]:
        """The company a week after its first audit, with two destinations that get reports."""
        hook = Hook()
        shutil.copytree(self.base, self.folder / name, symlinks=True)
        with self._org() as org:
            org.clock.move(WEEK)
            company = Company(self.folder / name, org)
            written = company.folder / "spendready.yml"
            text = written.read_text(encoding="utf-8")
            written.write_text(f"{text}delivery:\n{_DESTINATIONS.format(hook=hook.to)}", encoding="utf-8")
            yield company, hook
        hook.server.shutdown()


_DESTINATIONS = """\
  - {{name: hook, to: "{hook}", insecure: true}}
  - {{name: share, to: share}}
"""


def _bad_day(chance: random.Random) -> list[Fault]:
    """What goes wrong on the wire meanwhile; each is got over by asking again."""
    faults = [
        Fault(path_prefix="/services/data", nth=chance.randint(5, 60), status=503, headers={"Retry-After": "1"}),
        Fault(path_prefix="/services/data", nth=chance.randint(5, 60), drop=True),
        Fault(containing="FROM", nth=chance.randint(2, 30), end_sessions=True),
        Fault(containing="FROM LoginHistory", delay_seconds=0.3),
    ]
    return chance.sample(faults, chance.randint(1, len(faults)))


def _run_and_kill(company: Company, hook: Hook, tried: Trial) -> None:
    """Starts a run and kills it."""
    moment = tried.moment
    hook.arrived.clear()
    with company.begin("run") as run:
        assert run.stderr is not None
        if moment.after == "POST":
            reader = threading.Thread(target=run.stderr.read, daemon=True)
            reader.start()
            while run.poll() is None and not hook.arrived.wait(0.05):
                pass
        elif moment.after:
            for line in run.stderr:
                if moment.after in line:
                    break
        time.sleep(tried.waited)
        run.kill()  # a run may have ended by itself, at a fault of its org


def _tables(company: Company) -> dict[str, list[dict[str, object]]]:
    tables = {name: company.published(f"from {name} order by all") for name in TABLES}
    return tables | {f"finding_{name}": rows for name, rows in company.finding_tables().items()}


def _left(company: Company) -> str:
    """Says what a killed run left behind, in a few words."""
    new = snapshot_folder_name(NOW + WEEK)
    files = company.files
    said = []
    if unfinished(files):
        said.append("unfinished evidence")
    if (files.evidence / new).exists():
        said.append("evidence")
    week = files.current_week.resolve().name
    said.append("new week published" if week.startswith(new) else "old week published")
    assert company.published("select count(*) as n from findings")[0]["n"] > 0, "what is published can be read"
    said += [f"{name}: {state}" for name, state in _deliveries(company)]
    return ", ".join(said)


def _deliveries(company: Company) -> list[tuple[str, str]]:
    if not company.files.deliveries.exists():
        return []
    with closing(sqlite3.connect(company.files.deliveries)) as ledger:
        day = (NOW + WEEK).date().isoformat()
        return ledger.execute(
            "select destination, state from outcome where occasion = ? order by destination", [day]
        ).fetchall()


def _wrong_deliveries(company: Company, hook: Hook, code: int, reports: int) -> Iterator[str]:
    """What is not as docs/configuration.md says: a message once, or named as uncertain; files always."""
    states = dict(_deliveries(company))
    share = company.folder / "share" / "demo" / (NOW + WEEK).date().isoformat()
    if states.get("share") != "sent" or not list(share.glob("*.pdf")):
        yield f"the folder has not got the report ({states.get('share')})"
    if states.get("hook") == "sent":
        if (len(hook.posted), code) != (reports, 0):
            yield f"the hook got {len(hook.posted)} messages, exit code {code}"
    elif states.get("hook") != "uncertain" or code != 1 or len(hook.posted) > reports:
        yield f"the hook is {states.get('hook')}, got {len(hook.posted)} messages, exit code {code}"


def main() -> int:
    """Kills as often as is asked for, and prints a line for each kill; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--in-a-row", type=int, default=1, help="kills before a run is let to end")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    failed = number = 0
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        crashes = Crashes(Path(folder))
        print(f"{'#':>3}  {'stage':<10} {'killed':<38} {'left behind':<60} equal", flush=True)
        while number < asked.kills:
            together = min(asked.in_a_row, asked.kills - number)
            trials = crashes.trial([chance.choice(MOMENTS) for _ in range(together)], chance)
            for tried in trials:
                number += 1
                after = f"{tried.waited:.2f} s after {tried.moment.after or 'the start'!r}"
                equal = ("no" if tried.problems else "yes") if tried is trials[-1] else "(killed again)"
                print(f"{number:>3}  {tried.moment.stage:<10} {after:<38} {tried.left:<60} {equal}", flush=True)
                for problem in tried.problems:
                    print(f"       {problem}", flush=True)
                failed += bool(tried.problems)
    print(f"{asked.kills} kills, {failed} with a difference (seed {asked.seed})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
