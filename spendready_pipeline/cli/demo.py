"""`spendready demo` audits a demo org, `demo-ui` serves it and Dagster's UI afterwards; `demo-org` only serves one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from spendready_pipeline.cli.findings import print_findings, read_findings
from spendready_pipeline.cli.run import audit_and_report
from spendready_pipeline.errors import ConfigurationError, SpendReadyError
from spendready_pipeline.settings import load_settings, org_files

if TYPE_CHECKING:
    from demo_org.serve import DemoOrg

DEMO_MARKER = "# Overwritten by each `spendready demo`."
_CONFIGURATION = "spendready.yml"
_ORG = ".org"
"""The folder of the audited org's own files: its content and its keys."""
_EARLIER_MARKER = "# Written anew by each `spendready demo`."

Users = Annotated[int, typer.Option(min=50, max=200_000, help="The number of users in the org.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same org.")]


@contextmanager
def _demo_extra() -> Iterator[None]:
    """Turns the failed import of a package that only the demo org uses into an error that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            f"the demo org needs the package {missing.name}, which is not installed",
            "In SpendReady's folder, run: pip install -e '.[demo]'",
        ) from None


def demo(
    users: Users = 200,
    seed: Seed = 1,
    folder: Annotated[
        Path, typer.Option(help="The folder for the demo's files; its data of an earlier demo is deleted.")
    ] = Path("demo"),
) -> None:
    """Starts a demo org, audits three weeks of it like any other org, and prints the findings of the last week."""
    with _demo_extra():
        from demo_org.content import FIRST_WEEK
        from demo_org.serve import DemoOrg

    folder = folder.absolute()
    configuration = folder / _CONFIGURATION
    markers = (DEMO_MARKER, _EARLIER_MARKER)
    if configuration.exists() and not configuration.read_text(encoding="utf-8").startswith(markers):
        raise ConfigurationError(
            f"{configuration} does not belong to the demo, which would overwrite it",
            "Choose another folder with --folder, or remove the file if nobody needs it",
        )
    # A new org each time, whose logins would not match those of the one before.
    shutil.rmtree(folder / "data" / "demo", ignore_errors=True)
    print(f"starting a demo org with {users:,} users", file=sys.stderr)
    # Its clock stands still, so that a week's audit sees the org at one moment however long it takes.
    now = datetime.now(UTC).replace(microsecond=0)
    with DemoOrg(users, seed=seed, now=now, folder=folder / _ORG) as org:
        configure_demo(org, configuration)
        os.environ.update(org.environment, SPENDREADY_CONFIG=str(configuration))
        settings = load_settings()
        from spendready_pipeline.orchestration.runs import run_weekly_audit

        for weeks_back in range(FIRST_WEEK, -1, -1):
            org.rewind(weeks_back)
            print(f"\nweek of {org.now.date()}", file=sys.stderr)
            if not audit_and_report(run_weekly_audit, settings, settings.orgs[0].name):
                raise typer.Exit(1)
    files = settings.files(settings.orgs[0].name)
    print_findings(read_findings([files]), "table", sys.stdout, sys.stderr)
    print(f"\nreport:   {_newest_report(files.root / 'reports')}")
    print(f"tables:   {files.findings_database}")
    print("in Dagster: make ui")


def configure_demo(org: "DemoOrg", configuration: Path) -> None:
    """Writes the demo's `spendready.yml` and its certificate beside it: Dagster reads both after the org has ended."""
    shutil.copyfile(org.ca_file, configuration.with_name(org.ca_file.name))
    content = org.configuration(policy=org.policy, ca_bundle=org.ca_file.name)
    configuration.write_text(f"{DEMO_MARKER}\n{content}", encoding="utf-8")


def _newest_report(folder: Path) -> Path:
    return max(folder.glob("*.pdf"), key=lambda path: path.name)


def demo_org(
    users: Users = 200,
    seed: Seed = 1,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free port.")] = 8443,
    now: Annotated[str | None, typer.Option(help="A time (ISO 8601) at which the org's clock stands still.")] = None,
    folder: Annotated[Path, typer.Option(help="The folder for the org's files.")] = Path("demo/org"),
) -> None:
    """Serves a demo org over HTTPS on this machine, and prints the spendready.yml that connects to it."""
    with _demo_extra():
        from demo_org.serve import PortTakenError, serve_forever

    moment = None
    if now:
        try:
            moment = datetime.fromisoformat(now)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except ValueError:
            raise ConfigurationError(f"--now {now} is not a time", "Use a form such as 2026-11-02T06:00:00Z") from None
    print(f"building an org with {users:,} users", file=sys.stderr)
    try:
        serve_forever(users=users, seed=seed, port=port, now=moment, folder=folder)
    except PortTakenError as taken:
        raise SpendReadyError(str(taken), "Choose another one with --port") from None


def demo_ui(
    folder: Annotated[Path, typer.Option(help="The folder with the demo's files.")] = Path("demo"),
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port of Dagster's UI, on loopback.")] = 3000,
) -> None:
    """Serves the org of the last `spendready demo`, and Dagster's UI, where you can run its audit again."""
    with _demo_extra():
        from demo_org.serve import CONTENT, DemoOrg, PortTakenError
    from spendready_pipeline.config.yaml_file import read_configuration
    from spendready_pipeline.evidence.archive import newest_snapshot
    from spendready_pipeline.orchestration.manifest import REPOSITORY
    from spendready_pipeline.storage.files import dagster_home, snapshot_moment

    folder = folder.absolute()
    configuration, content = folder / _CONFIGURATION, folder / _ORG / CONTENT
    if not (configuration.exists() and content.exists()):
        raise ConfigurationError(f"{folder} has no demo org", "Run make demo (spendready demo) first")
    (files,) = org_files(path=configuration)
    address = read_configuration(configuration, {}).content["orgs"][0]["instance_url"]
    # The time of the last audit: the org is as it was then.
    now = snapshot_moment(newest_snapshot(files) or "")
    try:
        with DemoOrg(content, now=now, port=urlsplit(address).port or 0, folder=folder / _ORG) as org:
            environment = org.environment | {
                "SPENDREADY_CONFIG": str(configuration),
                "DAGSTER_HOME": str(dagster_home(files.root.parent)),
            }
            options = ["-w", str(REPOSITORY / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)]
            _run_until_interrupted(
                [sys.executable, "-W", "ignore", "-m", "dagster", "dev", *options], folder, environment
            )
    except PortTakenError as taken:
        raise SpendReadyError(
            f"{taken}: the demo org used it", "Stop the program there, or run make demo again"
        ) from None


def _run_until_interrupted(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Runs a program of ours in the foreground: Ctrl-C reaches it as well, and it ends by itself."""
    with subprocess.Popen(command, cwd=folder, env=os.environ | environment) as program:  # noqa: S603
        try:
            program.wait()
        except KeyboardInterrupt:
            program.wait()
