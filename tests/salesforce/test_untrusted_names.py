"""What an org says of the reader reaches a terminal as text: no escape sequence in it is obeyed."""

import io

import pytest

from demo_org.faults import Fault
from spendready_pipeline.cli.check import print_check
from spendready_pipeline.salesforce.access_check import check_org

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mEVIL[red]\u202e@acme.example"
SHOWN = "<U+001B>]0;owned<U+0007><U+001B>[2J<U+001B>[31mEVIL[red]<U+202E>@acme.example"


@pytest.fixture
def hostile_org(serve):
    """An org whose reader is renamed as soon as it has signed in."""
    demo = serve()
    rename = f"""update org."User" set "Username" = '{HOSTILE}' where "Username" = '{demo.username}'"""
    demo.faults.append(Fault(containing="SELECT Username FROM User", sql=rename))
    return demo


def test_run_prints_the_readers_name_as_text(hostile_org, audit) -> None:
    taken = audit(hostile_org)
    taken.run()
    assert taken.lines[0].startswith(f"signed in as {SHOWN}, API version")


def test_check_prints_the_readers_name_as_text(hostile_org, audit) -> None:
    out = io.StringIO()
    print_check(check_org(audit(hostile_org).org), [], out)
    assert f"signed in at {hostile_org.instance_url} as {SHOWN}, API" in out.getvalue()
    assert "\x1b" not in out.getvalue()
