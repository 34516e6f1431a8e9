"""What several commands share: the option --org, errors, and the choice of orgs. Imports nothing slow."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from spendready_pipeline.errors import SpendReadyError
from spendready_pipeline.storage.private_files import exposed

if TYPE_CHECKING:
    from spendready_pipeline.settings import OrgSettings, Settings

Org = Annotated[str | None, typer.Option("--org", help="One org of spendready.yml. Default: all orgs.")]


def print_error(error: SpendReadyError) -> None:
    """Prints what happened, and what to do about it on a second line."""
    print(f"error: {error.what}", file=sys.stderr)
    if error.remediation:
        print(f"  {error.remediation}", file=sys.stderr)


def selected_orgs(settings: "Settings", org: str | None) -> "list[OrgSettings]":
    """Returns the org with this name, or all orgs.

    Raises:
        ConfigurationError: No org has that name.
    """
    return [settings.org(org)] if org else settings.orgs


def warn_of_exposed_files(settings: "Settings") -> None:
    """Prints a warning for each sensitive file that other users of this machine can read or change."""
    from spendready_pipeline.settings import sensitive_files

    for path in sensitive_files(settings):
        if warning := exposed(path):
            print(f"warning: {warning}", file=sys.stderr)
