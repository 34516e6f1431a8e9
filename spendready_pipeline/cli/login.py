"""`spendready login`: signs in through the browser."""

import sys
import webbrowser
from typing import Annotated

import typer

from spendready_pipeline.cli.shared import Org, selected_orgs
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.salesforce.client.browser_login import log_in
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.settings import load_settings
from spendready_pipeline.text import visible


def login(
    org: Org = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address instead of opening a browser.")
    ] = False,
) -> None:
    """Signs in through the browser and stores the sign-in on this machine, for orgs with flow: browser."""
    orgs = [each for each in selected_orgs(load_settings(org=org), org) if org or each.auth.flow == "browser"]
    if not orgs:
        raise ConfigurationError("No org signs in through the browser", "Set flow: browser under its auth")
    for each in orgs:
        where = log_in(each, lambda address: _show_address(address, not no_browser))
        with connect(each) as connection:
            reader = visible(connection.reader.username or "a user whose name this login may not read")
        print(f"{each.name}: signed in at {each.instance_url} as {reader}; the sign-in is stored in {where}")


def _show_address(address: str, open_browser: bool) -> None:
    print(f"Open this address in a browser on this machine, and allow access:\n{address}", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)
