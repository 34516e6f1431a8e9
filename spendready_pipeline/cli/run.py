"""`spendready run` audits orgs now; `spendready deliver` sends what is published."""

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from spendready_pipeline.cli.shared import Org, selected_orgs, warn_of_exposed_files
from spendready_pipeline.config.secrets import withdraw_secrets
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.run_outcome import RunOutcome

if TYPE_CHECKING:
    from spendready_pipeline.delivery.configuration import Destination
    from spendready_pipeline.orchestration.stop_signals import StopSignals
    from spendready_pipeline.settings import Settings


def run(org: Org = None) -> None:
    """Runs the weekly audit now, for one org or all; the run appears in the Dagster UI."""
    withdraw_secrets()  # before any library starts a program of its own
    from spendready_pipeline.settings import load_settings

    settings = load_settings(org=org)
    orgs = selected_orgs(settings, org)
    warn_of_exposed_files(settings)

    def audit(name: str, stop: "StopSignals") -> bool:
        # Dagster takes seconds to import: only once the configuration is known to be right.
        from spendready_pipeline.orchestration.runs import run_weekly_audit

        return audit_and_report(partial(run_weekly_audit, stop=stop), settings, name)

    raise typer.Exit(_one_by_one([each.name for each in orgs], audit))


def deliver(
    org: Org = None,
    again: Annotated[
        str | None, typer.Option(help="A destination that gets the newest report again, even if it has it.")
    ] = None,
    trial: Annotated[
        str | None, typer.Option("--try", help="A destination that gets a test message; nothing else is sent.")
    ] = None,
) -> None:
    """Sends the newest report to the destinations that do not have it yet; reads nothing from the org."""
    withdraw_secrets()  # before any library starts a program of its own
    from spendready_pipeline.settings import load_settings

    settings = load_settings(org=org)
    orgs = selected_orgs(settings, org)
    if trial is not None:
        from spendready_pipeline.delivery import send_trial

        for recipient in send_trial(_destination(settings, trial)):
            print(f"{recipient}: test message sent")
        return
    if again is not None and _destination(settings, again).on == "failure":
        raise ConfigurationError(
            f"destination {again} gets no reports, only alerts (on: failure)",
            "Choose one with on: report or on: changes",
        )
    if all(destination.on == "failure" for destination in settings.delivery):
        print("nothing was sent: no destination under delivery gets reports (on: report or changes)", file=sys.stderr)
        return

    def deliver_one(name: str, stop: "StopSignals") -> bool:
        from spendready_pipeline.orchestration.runs import run_weekly_audit

        outcome = run_weekly_audit(settings, name, only_delivery=True, resend_to=again, stop=stop)
        _print_failures(outcome)
        return not outcome.failures

    raise typer.Exit(_one_by_one([each.name for each in orgs], deliver_one))


def audit_and_report(run_weekly_audit: "Callable[[Settings, str], RunOutcome]", settings: "Settings", org: str) -> bool:
    """Audits one org and prints how it ended; returns whether every stage ran."""
    print(f"{org}: audit started", file=sys.stderr)
    outcome = run_weekly_audit(settings, org)
    _print_failures(outcome)
    if not outcome.failures:
        print(f"{org}: done (run {outcome.run_id})", file=sys.stderr)
    elif outcome.published and all(failure.stage == "deliver" for failure in outcome.failures):
        print(f"{org}: published, but not delivered everywhere (run {outcome.run_id})", file=sys.stderr)
    else:
        unchanged = "" if outcome.published else "; the previous results are unchanged"
        print(f"{org}: stopped{unchanged} (run {outcome.run_id})", file=sys.stderr)
    return not outcome.failures


def _one_by_one(orgs: list[str], act: "Callable[[str, StopSignals], bool]") -> int:
    """Calls a function for each org until a signal stops it; returns the exit code."""
    from spendready_pipeline.orchestration.stop_signals import stop_signals

    failed, started = False, 0
    with stop_signals() as stop:
        try:
            for name in orgs:
                started += 1
                failed = not act(name, stop) or failed
                if stop.received:
                    break
            received = stop.received
        except KeyboardInterrupt:
            received = stop.wait()
    if received is None:
        return 1 if failed else 0
    left = ", ".join(orgs[started:])
    print(f"stopped by {received.name}{f'; not started: {left}' if left else ''}", file=sys.stderr)
    return 128 + received


def _print_failures(outcome: RunOutcome) -> None:
    for failure in outcome.failures:
        print(f"error: {failure.detail or failure}", file=sys.stderr)


def _destination(settings: "Settings", name: str) -> "Destination":
    for destination in settings.delivery:
        if destination.name == name:
            return destination
    known = ", ".join(destination.name for destination in settings.delivery)
    raise ConfigurationError(f"destination {name} not found under delivery", f"Its destinations are: {known or 'none'}")
