"""The command line. Each command says what it did and where things are; mistakes get one clear message."""

import gc
import os
import shutil
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spendready_pipeline.errors import ConfigurationError, OrgError, SpendReadyError, translate_os_errors
from spendready_pipeline.storage.private_files import exposed, keep_private

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo_org.serve import DemoOrg
    from spendready_pipeline.delivery.configuration import Destination
    from spendready_pipeline.orchestration.stop_signals import StopSignals
    from spendready_pipeline.run_outcome import RunOutcome
    from spendready_pipeline.settings import OrgSettings, Settings
    from spendready_pipeline.storage.files import OrgFiles

app = typer.Typer(
    help="A weekly, read-only audit of Salesforce orgs: integration users, OAuth tokens, licences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


DEMO_WROTE_IT = "# Written anew by each `spendready demo`."


class Output(StrEnum):
    """How findings are printed."""

    table = "table"
    csv = "csv"
    json = "json"


Org = Annotated[str | None, typer.Option("--org", help="One org of spendready.yml; all of them when left out.")]


def main() -> None:
    """Runs the command line; an error that a person can act on is printed without a stack trace."""
    keep_private()
    # Imports make a million objects that stay: Python would look through them hundreds of times for what is unused.
    gc.set_threshold(100_000, 20, 20)
    try:
        with translate_os_errors():
            app()
    except SpendReadyError as error:
        _say_error(error)
        sys.exit(error.exit_code)


def _say_error(error: SpendReadyError) -> None:
    print(f"error: {error.what}", file=sys.stderr)
    if error.remediation:
        print(f"  {error.remediation}", file=sys.stderr)


@app.command()
def run(org: Org = None) -> None:
    """Runs the weekly audit now, for one org or for all; the run shows in the Dagster UI."""
    from spendready_pipeline.config.secrets import withdraw_secrets

    withdraw_secrets()  # before any library starts a program of its own
    from spendready_pipeline.settings import load_settings

    settings = load_settings(org=org)
    orgs = _orgs(settings, org)
    _warn_of_exposed_files(settings)

    def audit(name: str, stop: "StopSignals") -> bool:
        # Dagster takes seconds to import: only once the configuration is known to be right.
        from spendready_pipeline.orchestration.runs import run_weekly_audit

        return _audit(partial(run_weekly_audit, stop=stop), settings, name)

    raise typer.Exit(_one_by_one([each.name for each in orgs], audit))


def _warn_of_exposed_files(settings: "Settings") -> None:
    from spendready_pipeline.settings import sensitive_files

    for path in sensitive_files(settings):
        if warning := exposed(path):
            print(f"warning: {warning}", file=sys.stderr)


def _one_by_one(orgs: "list[str]", act: "Callable[[str, StopSignals], bool]") -> int:
    """Does something for each org, until a signal stops it; gives the exit code."""
    from spendready_pipeline.orchestration.stop_signals import stop_signals

    failed, begun = False, 0
    with stop_signals() as stop:
        try:
            for name in orgs:
                begun += 1
                failed = not act(name, stop) or failed
                if stop.received:
                    break
            received = stop.received
        except KeyboardInterrupt:
            received = stop.wait()
    if received is None:
        return 1 if failed else 0
    left = ", ".join(orgs[begun:])
    print(f"stopped by {received.name}; {f'not begun: {left}' if left else 'no org was left'}", file=sys.stderr)
    return 128 + received


def _orgs(settings: "Settings", org: str | None) -> "list[OrgSettings]":
    return [settings.org(org)] if org else settings.orgs


def _audit(run_weekly_audit: "Callable[[Settings, str], RunOutcome]", settings: "Settings", org: str) -> bool:
    print(f"{org}: the audit starts", file=sys.stderr)
    outcome = run_weekly_audit(settings, org)
    _say_what_stopped(outcome)
    if not outcome.failures:
        print(f"{org}: done (run {outcome.run_id})", file=sys.stderr)
    elif outcome.published and all(each.stage == "deliver" for each in outcome.failures):
        print(f"{org}: published, but not delivered everywhere (run {outcome.run_id})", file=sys.stderr)
    else:
        kept = "" if outcome.published else "; what was published before is as it was"
        print(f"{org}: stopped{kept} (run {outcome.run_id})", file=sys.stderr)
    return not outcome.failures


def _say_what_stopped(outcome: "RunOutcome") -> None:
    for failure in outcome.failures:
        print(f"error: {failure.detail}", file=sys.stderr)


@app.command()
def deliver(
    org: Org = None,
    again: Annotated[
        str | None, typer.Option(help="A destination that gets the newest report once more, whatever it has.")
    ] = None,
    trial: Annotated[
        str | None, typer.Option("--try", help="A destination that gets a trial message now; nothing else is sent.")
    ] = None,
) -> None:
    """Delivers the newest report to the destinations that have not got it; reads nothing from the org."""
    from spendready_pipeline.config.secrets import withdraw_secrets

    withdraw_secrets()  # before any library starts a program of its own
    from spendready_pipeline.settings import load_settings

    settings = load_settings(org=org)
    orgs = _orgs(settings, org)
    if trial is not None:
        from spendready_pipeline.delivery import send_trial

        for who in send_trial(_destination(settings, trial)):
            print(f"{who}: a trial message was sent")
        return
    if again is not None and _destination(settings, again).on == "failure":
        raise ConfigurationError(
            f"{again} gets no reports: it is told of failures (on: failure)", "Name one with on: report or changes"
        )
    if all(each.on == "failure" for each in settings.delivery):
        print("nothing was sent: no destination under delivery gets reports (on: report or changes)", file=sys.stderr)
        return

    def deliver_one(name: str, stop: "StopSignals") -> bool:
        from spendready_pipeline.orchestration.runs import run_weekly_audit

        outcome = run_weekly_audit(settings, name, only_delivery=True, again=again, stop=stop)
        _say_what_stopped(outcome)
        return not outcome.failures

    raise typer.Exit(_one_by_one([each.name for each in orgs], deliver_one))


def _destination(settings: "Settings", name: str) -> "Destination":
    for each in settings.delivery:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in settings.delivery)
    raise ConfigurationError(f"delivery names no destination {name}", f"It names: {known or 'none'}")


@app.command()
def check(
    org: Org = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask the org what only it can tell, too, and what that means.")
    ] = False,
) -> None:
    """Signs in and says what this login may read and what each gap costs; writes nothing."""
    from spendready_pipeline.salesforce.access_check import check_org
    from spendready_pipeline.salesforce.questions import ask_org
    from spendready_pipeline.settings import load_settings

    settings = load_settings(org=org)
    _warn_of_exposed_files(settings)
    from spendready_pipeline.catalog.finding_types import load_finding_types
    from spendready_pipeline.cli.check import print_check
    from spendready_pipeline.cli.questions import print_answers
    from spendready_pipeline.orchestration.manifest import manifest_path

    finding_types = load_finding_types(manifest_path())
    failed = False
    for each in _orgs(settings, org):
        try:
            found = check_org(each)
            print_check(found, finding_types, sys.stdout)
            for stopped in found.stops_audit:
                failed = True
                _say_error(stopped)
            if ask:
                print()
                print_answers(each.name, ask_org(each), sys.stdout)
        except OrgError as error:
            failed = True
            _say_error(error)
    raise typer.Exit(1 if failed else 0)


@app.command()
def login(
    org: Org = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open no browser.")] = False,
) -> None:
    """Signs in through the browser and keeps the sign-in on this machine, for orgs with flow: browser."""
    from spendready_pipeline.salesforce.client.browser_login import log_in
    from spendready_pipeline.salesforce.client.connection import connect
    from spendready_pipeline.settings import load_settings
    from spendready_pipeline.text import visible

    orgs = [each for each in _orgs(load_settings(org=org), org) if org or each.auth.flow == "browser"]
    if not orgs:
        raise ConfigurationError("No org signs in through the browser", "Write flow: browser under its auth")
    for each in orgs:
        where = log_in(each, lambda address: _show_address(address, not no_browser))
        with connect(each) as connection:
            reader = visible(connection.reader.username or "a user whose name it may not read")
        print(f"{each.name}: signed in at {each.instance_url} as {reader}; the sign-in is kept in {where}")


def _show_address(address: str, open_browser: bool) -> None:
    print(f"Open this address in a browser on this machine, and allow access:\n{address}", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)


@app.command()
def verify(org: Org = None) -> None:
    """Proves that no evidence was changed since it was written, or names what was."""
    from spendready_pipeline.cli.verify import print_verification
    from spendready_pipeline.settings import org_files

    proved = [print_verification(files, sys.stdout, sys.stderr) for files in org_files(org)]
    raise typer.Exit(0 if all(proved) else 1)


@app.command()
def status(org: Org = None) -> None:
    """Says what is on the disk, how much it grows a year, and how long there is room for it."""
    from spendready_pipeline.cli.status import print_status
    from spendready_pipeline.settings import org_files
    from spendready_pipeline.storage.files import dagster_home

    everything = org_files()
    print_status(org_files(org), everything, dagster_home(everything[0].root.parent), datetime.now(UTC), sys.stdout)


@app.command()
def forget(
    snapshot: Annotated[str, typer.Argument(help="The snapshot, as its evidence folder is called.")],
    org: Org = None,
    reason: Annotated[str, typer.Option(help="Why, for the record in the evidence.")] = "",
) -> None:
    """Takes back a snapshot that a wrong clock dated; its evidence is kept, and the next run repairs the rest."""
    from spendready_pipeline.maintenance.forget import forget_snapshot, org_of_snapshot
    from spendready_pipeline.settings import org_files

    files = org_of_snapshot(org_files(org), snapshot)
    done = forget_snapshot(files, snapshot, datetime.now(UTC), reason)
    print(f"{files.org}: {snapshot} was taken back, {done.rows:,} rows of its findings and coverage are deleted")
    print(f"{files.org}: its evidence is kept; {done.entry} records that it was taken back")
    if done.published != "":
        now = f"{done.published} is published again" if done.published else "nothing is published now"
        print(f"{files.org}: {now}; spendready run --org {files.org} audits again")


@app.command()
def findings(
    org: Org = None,
    finding_type: Annotated[str | None, typer.Option("--type", help="One finding type.")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, high, medium or low.")] = None,
    status: Annotated[str | None, typer.Option(help="new, open, waived or resolved.")] = None,
    output: Annotated[Output, typer.Option("--format", help="How to print them.")] = Output.table,
) -> None:
    """Prints the findings that were published last."""
    from spendready_pipeline.settings import org_files

    _print_findings(org_files(org), finding_type, severity, status, output)


def _print_findings(
    files: "list[OrgFiles]",
    finding_type: str | None = None,
    severity: str | None = None,
    status: str | None = None,
    output: Output = Output.table,
) -> None:
    from spendready_pipeline.cli.findings import print_findings, read_findings

    print_findings(read_findings(files, finding_type, severity, status), output.value, sys.stdout, sys.stderr)


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


@app.command()
def demo(
    users: Annotated[int, typer.Option(min=50, max=200_000, help="How many users the org has.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same org.")] = 1,
    folder: Annotated[Path, typer.Option(help="Where the demo's files go; its own data folder is made anew.")] = Path(
        "demo"
    ),
) -> None:
    """Starts a demo org, audits three weeks of it as of any other org, prints the last week's findings."""
    with _demo_extra():
        from demo_org.content import FIRST_WEEK
        from demo_org.serve import DemoOrg
    from spendready_pipeline.settings import load_settings

    folder = folder.absolute()
    configuration = folder / "spendready.yml"
    if configuration.exists() and not configuration.read_text(encoding="utf-8").startswith(DEMO_WROTE_IT):
        raise ConfigurationError(
            f"{configuration} is not the demo's, and the demo would write over it",
            "Name another folder with --folder, or remove the file if nobody needs it",
        )
    # A new org each time, whose logins would not go with those of the one before.
    shutil.rmtree(folder / "data" / "demo", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"starting a demo org with {users:,} users", file=sys.stderr)
    # Its clock stands, so that a week's audit sees the org as of one moment however long it takes.
    with DemoOrg(users, seed=seed, now=datetime.now(UTC).replace(microsecond=0)) as org:
        configure_demo(org, configuration)
        os.environ.update(org.environment, SPENDREADY_CONFIG=str(configuration))
        settings = load_settings()
        from spendready_pipeline.orchestration.runs import run_weekly_audit

        for weeks_back in range(FIRST_WEEK, -1, -1):
            org.rewind(weeks_back)
            print(f"\nweek of {org.now.date()}", file=sys.stderr)
            if not _audit(run_weekly_audit, settings, settings.orgs[0].name):
                raise typer.Exit(1)
    files = settings.files(settings.orgs[0].name)
    _print_findings([files])
    print(f"\nreport:   {_newest_report(files.root / 'reports')}")
    print(f"tables:   {files.findings_database}")
    print("in Dagster: make ui")


def configure_demo(org: "DemoOrg", configuration: Path) -> None:
    """Writes the demo's `spendready.yml`, and what it names beside it: Dagster reads both when the org has ended."""
    shutil.copyfile(org.ca_file, configuration.with_name(org.ca_file.name))
    said = org.configuration(policy=org.policy, ca_bundle=org.ca_file.name)
    configuration.write_text(f"{DEMO_WROTE_IT}\n{said}", encoding="utf-8")


def _newest_report(folder: Path) -> Path:
    return max(folder.glob("*.pdf"), key=lambda path: path.name)


@app.command("demo-org")
def demo_org(
    users: Annotated[int, typer.Option(min=50, max=200_000, help="How many users the org has.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same org.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free port.")] = 8443,
    now: Annotated[str | None, typer.Option(help="The org's clock stands still at this moment (ISO 8601).")] = None,
    folder: Annotated[Path, typer.Option(help="Where the org keeps its files.")] = Path("demo/org"),
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
            raise ConfigurationError(f"--now {now} is not a moment", "Write it as 2026-11-02T06:00:00Z") from None
    print(f"building an org with {users:,} users", file=sys.stderr)
    try:
        serve_forever(users=users, seed=seed, port=port, now=moment, folder=folder)
    except PortTakenError as taken:
        raise SpendReadyError(str(taken), "Choose another one with --port") from None


if __name__ == "__main__":
    main()
