"""The command line. Each command says what it did and where things are; mistakes get one clear message."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from spendready_pipeline.errors import ConfigurationError, SpendReadyError

app = typer.Typer(
    help="A weekly, read-only audit of Salesforce orgs: integration users, OAuth tokens, licences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Org = Annotated[str | None, typer.Option("--org", help="One org of spendready.yml; all of them when left out.")]


def main() -> None:
    """Runs the command line; an error that a person can act on is printed without a stack trace."""
    try:
        app()
    except SpendReadyError as error:
        _say_error(error)
        sys.exit(error.exit_code)


def _say_error(error: SpendReadyError) -> None:
    print(f"error: {error.what}", file=sys.stderr)
    if error.remedy:
        print(f"  {error.remedy}", file=sys.stderr)


@app.command()
def run(org: Org = None) -> None:
    """Runs the weekly audit now, for one org or for all; the run shows in the Dagster UI."""
    from spendready_pipeline.settings import load_settings

    settings = load_settings()
    orgs = [settings.org(org).name] if org else [each.name for each in settings.orgs]
    # Dagster takes seconds to import: only once the configuration is known to be right.
    from spendready_pipeline.definitions import run_weekly_audit

    failed = False
    for name in orgs:
        print(f"{name}: audit started", file=sys.stderr)
        outcome = run_weekly_audit(settings, name)
        failed = failed or bool(outcome.errors)
        for error in outcome.errors:
            print(f"error: {error}", file=sys.stderr)
        if not outcome.errors:
            print(f"{name}: done, run {outcome.run_id[:8]}", file=sys.stderr)
    raise typer.Exit(1 if failed else 0)


@app.command("demo-org")
def demo_org(
    users: Annotated[int, typer.Option(min=50, max=200_000, help="How many users the org has.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same org.")] = 1,
    port: Annotated[int, typer.Option(help="0: any free port.")] = 8443,
    now: Annotated[str | None, typer.Option(help="The org's clock stands still at this moment (ISO 8601).")] = None,
    folder: Annotated[Path, typer.Option(help="Where the org keeps its files.")] = Path("demo/org"),
) -> None:
    """Serves a demo org over HTTPS on this machine, and prints the spendready.yml that connects to it."""
    from spendready_pipeline.demo_org.serve import serve_forever

    moment = None
    if now:
        try:
            moment = datetime.fromisoformat(now)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except ValueError:
            raise ConfigurationError(f"--now {now} is not a moment", "Write it as 2026-11-02T06:00:00Z") from None
    serve_forever(users=users, seed=seed, port=port, now=moment, folder=folder)


if __name__ == "__main__":
    main()
