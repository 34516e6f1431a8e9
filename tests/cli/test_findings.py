"""`spendready findings`: what it lists, for a person and for the next program."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from spendready_pipeline.cli.findings import Format, Listing, print_findings, read_findings
from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.publish.week import publish
from spendready_pipeline.storage.files import OrgFiles
from tests.review.warehouses import SNAPSHOT_AT, build, finding

PublishedOrg = Callable[..., OrgFiles]


@pytest.fixture
def published_org(tmp_path: Path) -> PublishedOrg:
    """Publishes an org with these rows (see tests/review/warehouses.py)."""

    def make(name: str, *args: Any, **kwargs: Any) -> OrgFiles:
        files = OrgFiles(tmp_path / name)
        files.root.mkdir()
        build(files.warehouse, *args, **kwargs)
        publish(files)
        return files

    return make


def printed(listing: Listing, output: Format) -> tuple[str, str]:
    out, err = io.StringIO(newline=""), io.StringIO()
    print_findings(listing, output, out, err)
    return out.getvalue(), err.getvalue()


def ids(listing: Listing) -> list[str]:
    return [row[listing.columns.index("finding_id")] for row in listing.rows]


FINDINGS = [
    finding("inactive_user", 1),
    finding("inactive_user", 2, status="new", severity="medium"),
    finding("inactive_user", 3, status="resolved", severity="critical", resolved_at=SNAPSHOT_AT),
    finding("stale_oauth_token", 4, status="waived"),
    finding("integration_user_ui_session", 5),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(
            {},
            [
                "integration_-00005",
                "inactive_use-00002",
                "inactive_use-00001",
                "inactive_use-00003",
                "stale_oauth_-00004",
            ],
            id="all-of-them-those-to-act-on-first",
        ),
        pytest.param({"finding_type": "stale_oauth_token"}, ["stale_oauth_-00004"], id="type"),
        pytest.param({"severity": "medium"}, ["inactive_use-00002", "stale_oauth_-00004"], id="severity"),
        pytest.param({"status": "resolved"}, ["inactive_use-00003"], id="status"),
        pytest.param(
            {"finding_type": "inactive_user", "severity": "low", "status": "open"}, ["inactive_use-00001"], id="and"
        ),
        pytest.param({"severity": "high", "status": "new"}, [], id="none"),
    ],
)
def test_filters(published_org: PublishedOrg, filters: dict[str, str], expected: list[str]) -> None:
    assert ids(read_findings([published_org("acme", FINDINGS)], **filters)) == expected


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"severity": "urgent"}, "critical, high, medium, low"),
        ({"status": "gone"}, "new, open, waived, resolved"),
        ({"finding_type": "stale_token"}, "stale_oauth_token"),
    ],
)
def test_a_filter_that_cannot_match_is_a_mistake(
    published_org: PublishedOrg, filters: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_findings([published_org("acme", FINDINGS)], **filters)


def test_an_org_without_published_findings_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OrgError, match=r"acme: no findings are published yet\. Run spendready run --org acme"):
        read_findings([OrgFiles(tmp_path / "acme")])


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    files = OrgFiles(tmp_path / "acme")
    files.published.mkdir(parents=True)
    files.findings_database.write_bytes(b"no database")
    with pytest.raises(OrgError, match=r"published/findings\.duckdb cannot be opened"):
        read_findings([files])


def test_json_has_every_column_as_what_it_is(published_org: PublishedOrg) -> None:
    found = finding(
        "inactive_user",
        1,
        subject_name="Łukasz \u202e\x1b[31m",
        evidence={"days": 91},
        annual_cost=2100,
        currency="USD",
    )
    out, err = printed(read_findings([published_org("acme", [found])]), "json")
    (row,) = json.loads(out)
    assert (row["subject_name"], row["evidence"], row["annual_cost"]) == (found["subject_name"], {"days": 91}, 2100)
    assert (row["controls"], row["first_seen"], row["resolved_at"]) == (found["controls"], "2026-11-09T06:00:12Z", None)
    assert out.isascii()
    assert err == ""


def test_json_of_nothing_is_an_empty_list(published_org: PublishedOrg) -> None:
    assert json.loads(printed(read_findings([published_org("acme")]), "json")[0]) == []


def test_csv_has_one_head_for_several_orgs(published_org: PublishedOrg) -> None:
    orgs = [
        published_org(name, [finding("inactive_user", 1, org=name, subject_name="=x")]) for name in ("acme", "beta")
    ]
    out, _ = printed(read_findings(orgs), "csv")
    assert [(row["org"], row["subject_name"]) for row in csv.DictReader(io.StringIO(out, newline=""))] == [
        ("acme", "'=x"),
        ("beta", "'=x"),
    ]


def test_a_table_into_a_pipe_is_a_line_a_finding(published_org: PublishedOrg) -> None:
    long = "x" * 500
    out, err = printed(read_findings([published_org("acme", [finding("inactive_user", 1, summary=long)])]), "table")
    head, line = out.splitlines()
    assert head.split()[:2] == ["SEVERITY", "STATUS"]
    assert line.split() == ["low", "open", "inactive_user", long, "2026-11-09"]
    assert err == "1 finding: 1 to act on (1 low)\n"
    assert "\x1b" not in out


def test_the_summary_counts_what_is_left_to_do(published_org: PublishedOrg) -> None:
    found = [
        finding("inactive_user", number, severity=severity, status=status)
        for number, (severity, status) in enumerate(
            [("critical", "resolved"), ("high", "new"), ("high", "open"), ("low", "waived"), ("low", "open")]
        )
    ]
    _, err = printed(read_findings([published_org("acme", found)]), "table")
    assert err == "5 findings: 3 to act on (2 high, 1 low), 1 waived, 1 resolved\n"


class Terminal(io.StringIO):
    """Standard output where a person looks at it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("width", "others"),
    [(60, ["SEVERITY", "SUMMARY"]), (80, ["SEVERITY", "STATUS", "SUMMARY"]), (200, ["FINDING TYPE", "ANNUAL COST"])],
)
def test_the_sentence_is_whole_on_every_terminal(
    published_org: PublishedOrg, monkeypatch: pytest.MonkeyPatch, width: int, others: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    words = [f"word{n}" for n in range(20)]
    org = published_org(
        "acme", [finding("integration_user_ui_session", n, summary=" ".join(words)) for n in range(501)]
    )
    out = Terminal(newline="")
    print_findings(read_findings([org]), "table", out, io.StringIO())
    lines = out.getvalue().splitlines()
    assert [line for line in lines if "SEVERITY" in line] == lines[:1]
    assert all(name in lines[0] for name in others)
    assert max(map(cell_len, (re.sub(r"\x1b\[\d*m", "", line) for line in lines))) <= width
    assert [word for word in out.getvalue().split() if word.startswith("word")] == words * 501
    assert "\x1b[3" not in out.getvalue()


def test_a_name_cannot_command_the_terminal(published_org: PublishedOrg) -> None:
    summary = "[bold]a[/bold] \x1b]0;owned\x07 \u202eb"
    out, _ = printed(read_findings([published_org("acme", [finding("inactive_user", 1, summary=summary)])]), "table")
    assert "[bold]a[/bold] <U+001B>]0;owned<U+0007> <U+202E>b" in out


def test_what_was_not_evaluated_is_said_not_left_out(published_org: PublishedOrg) -> None:
    gap = {"stale_oauth_token": ("not_evaluated", "reason", "remediation")}
    org = published_org("acme", coverage=gap)
    _, err = printed(read_findings([org]), "table")
    assert err == "0 findings\nacme: stale_oauth_token could not be evaluated, so its findings are unknown\n"
    assert read_findings([org], finding_type="inactive_user").not_evaluated == []


def test_a_reader_that_has_seen_enough_may_leave(published_org: PublishedOrg) -> None:
    org = published_org("acme", [finding("inactive_user", n, summary="x" * 1000) for n in range(500)])
    script = (
        "import sys; from pathlib import Path\n"
        "from spendready_pipeline.storage.files import OrgFiles\n"
        "from spendready_pipeline.cli.findings import print_findings, read_findings\n"
        "print_findings(read_findings([OrgFiles(Path(sys.argv[1]))]), 'table', sys.stdout, sys.stderr)\n"
    )
    command = [sys.executable, "-c", script, str(org.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        assert listing.stdout.readline().startswith("SEVERITY")
        listing.stdout.close()
        assert "Error" not in listing.stderr.read()
    assert listing.returncode == 0
