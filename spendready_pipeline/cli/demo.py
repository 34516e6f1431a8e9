"""`spendready demo` audits a demo org; `spendready demo-org` only serves one."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spendready_pipeline.cli.findings import print_findings, read_findings
from spendready_pipeline.cli.run import audit_and_report
from spendready_pipeline.errors import ConfigurationError, SpendReadyError
from spendready_pipeline.settings import load_settings

if TYPE_CHECKING:
    from demo_org.serve import DemoOrg

DEMO_MARKER = "# Overwritten by each `spendready demo`."
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
    configuration = folder / "spendready.yml"
    markers = (DEMO_MARKER, _EARLIER_MARKER)
    if configuration.exists() and not configuration.read_text(encoding="utf-8").startswith(markers):
        raise ConfigurationError(
            f"{configuration} does not belong to the demo, which would overwrite it",
            "Choose another folder with --folder, or remove the file if nobody needs it",
        )
    # A new org each time, whose logins would not match those of the one before.
    shutil.rmtree(folder / "data" / "demo", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"starting a demo org with {users:,} users", file=sys.stderr)
    # Its clock stands still, so that a week's audit sees the org at one moment however long it takes.
    with DemoOrg(users, seed=seed, now=datetime.now(UTC).replace(microsecond=0)) as org:
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
