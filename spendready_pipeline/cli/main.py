"""The command line. Each command prints what it did and where things are; an error is one clear message."""

import gc
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from spendready_pipeline.cli.shared import print_error
from spendready_pipeline.errors import SpendReadyError, translate_os_errors
from spendready_pipeline.storage.private_files import keep_private

COMMANDS = {
    "run": "run:run",
    "deliver": "run:deliver",
    "check": "check:check",
    "login": "login:login",
    "verify": "verify:verify",
    "status": "status:status",
    "forget": "forget:forget",
    "findings": "findings:findings",
    "demo": "demo:demo",
    "demo-org": "demo:demo_org",
    "demo-ui": "demo:demo_ui",
}
"""The module and the function of each command."""


class _LazyCommands(TyperGroup):
    """Imports a command's module only when it is needed, so that no command waits for the libraries of another."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Typer's
        super().__init__(**options)
        self.commands = dict.fromkeys(COMMANDS, self)  # the names, for help and suggestions

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - Typer's
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command = typer.Typer(add_completion=False)
        command.command(cmd_name)(getattr(import_module(f"spendready_pipeline.cli.{module}"), function))
        return typer.main.get_command(command)


app = typer.Typer(
    cls=_LazyCommands,
    help="A weekly, read-only audit of Salesforce orgs: integration users, OAuth tokens, licenses.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _no_options() -> None:
    """Makes Typer build a group, which `_LazyCommands` fills."""


def main() -> None:
    """Runs the command line; an error that a person can act on is printed without a stack trace."""
    keep_private()
    # Imports create a million objects that stay: collecting garbage among them hundreds of times finds nothing.
    gc.set_threshold(100_000, 20, 20)
    try:
        with translate_os_errors():
            app()
    except SpendReadyError as error:
        print_error(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
