"""Whatever an org answers becomes a value or an error that names object and question: never another exception."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from demo_org.serve import DemoOrg
from spendready_pipeline.cli.main import main
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.access_check import check_org
from tests.salesforce.wire import Change, Rule, containing, error, header, json_body, rows_of, wire_to

DEEP = b"[" * 100_000
FOREVER = 10**6
VICTIM = "PermissionSetLicenseAssign"
"""An object that nothing else depends on."""
DESCRIBE = containing(f"sobjects/{VICTIM}/describe")
COUNT = containing(f"SELECT count() FROM {VICTIM}")
ROWS = rows_of(VICTIM)
ACCESS = containing("FROM UserPermissionAccess")


def asks_for_versions(target: str) -> bool:
    return target == "GET /services/data/"


TOKEN = containing("POST /services/oauth2/token")


def page(total: str = "9", next_url: str = "") -> Change:
    more = f'"done":false,"nextRecordsUrl":"{next_url}"' if next_url else '"done":true'
    return json_body(f'{{"totalSize":{total},{more},"records":[]}}')


def redirect(location: str) -> Change:
    return lambda answer: replace(answer.with_header("Location", location), status=307)


def lying_error(answer):
    refused = error(400, "INVALID_FIELD")(answer)
    return replace(refused.with_header("Content-Encoding", "gzip"), gzipped=False)


COSTS_THE_OBJECT = [
    ("a page nested too deeply", ROWS, json_body(DEEP)),
    ("a page with an infinite total", ROWS, page(total="1e999")),
    ("a page with the total Infinity", ROWS, page(total="Infinity")),
    ("a next page at another host", ROWS, page(next_url="https://evil.example/x")),
    ("a next page that is a file", ROWS, page(next_url="file:///etc/passwd")),
    ("a next page that extends the host", ROWS, page(next_url=".evil.example/")),
    ("a next page that extends the port", ROWS, page(next_url="443/services/data")),
    ("a next page behind a user name", ROWS, page(next_url="@[")),
    ("a description nested too deeply", DESCRIBE, json_body(DEEP)),
    ("a description without fields", DESCRIBE, json_body("{}")),
    ("a description with fields of null", DESCRIBE, json_body('{"fields":null}')),
    ("a description that is a list", DESCRIBE, json_body("[]")),
    ("a description that is a text", DESCRIBE, json_body('"fields"')),
    ("a description with a field without type", DESCRIBE, json_body('{"fields":[{"name":"Id"}]}')),
    ("a description with a list for a name", DESCRIBE, json_body('{"fields":[{"name":["Id"],"type":"id"}]}')),
    ("a description with no field at all", DESCRIBE, json_body('{"fields":[]}')),
    ("a count of null", COUNT, json_body("null")),
    ("a count without a total", COUNT, json_body("{}")),
    ("a count of many", COUNT, json_body('{"totalSize":"many"}')),
    ("a count nested too deeply", COUNT, json_body(DEEP)),
    ("an infinite count", COUNT, json_body('{"totalSize":1e999}')),
    ("a refusal nested too deeply", COUNT, lambda answer: replace(answer, status=400, body=DEEP)),
    ("a refusal that is not compressed as it says", COUNT, lying_error),
]
COSTS_NOTHING = [
    ("permissions of null", ACCESS, json_body("null")),
    ("permissions as a list of null", ACCESS, json_body('{"records":[null]}')),
    ("permissions as a list", ACCESS, json_body("[]")),
    ("permissions that are described oddly", containing("UserPermissionAccess/describe"), json_body("[]")),
    ("a sign-in that names a broken address", TOKEN, None),
    ("a limit of 5,000 digits", containing("/limits"), header("Sforce-Limit-Info", f"api-usage={'9' * 5000}/1")),
    ("a Date beyond all dates", containing("/"), header("Date", "Fri, 31 Dec 9999 23:59:59 -2359")),
]
STOPS_THE_RUN = [
    (
        "versions nested too deeply",
        asks_for_versions,
        json_body(DEEP),
        "list of API versions: Salesforce's answer is not JSON",
    ),
    ("a token nested too deeply", TOKEN, json_body(DEEP), "answered without an access token"),
    ("a sign-in sent to a broken address", TOKEN, redirect("https://["), "redirects to another address"),
    ("a question sent to a broken address", DESCRIBE, redirect("https://["), "redirects to another address"),
    ("a question sent to no UTF-8", DESCRIBE, redirect("https://localhost/\udcff"), "redirects to another"),
]


def table(kinds: list) -> list:
    return [pytest.param(*kind[1:], id=kind[0]) for kind in kinds]


@pytest.fixture
def behind(demo: DemoOrg, audit: Callable) -> Callable:
    """Gives a wire's audit, whose clock is not compared: the demo org has one of its own."""
    return lambda wire: audit(demo, instance_url=wire.url)


def broken_instance_url(answer):
    return replace(answer, body=answer.body.replace(b"https://localhost", b"https://["))


@pytest.mark.parametrize(("concerns", "change"), table(COSTS_THE_OBJECT))
def test_an_odd_answer_costs_its_object_alone(demo, behind, concerns, change) -> None:
    with wire_to(demo, Rule(concerns, change, times=FOREVER)) as wire:
        audit = behind(wire)
        if concerns is not ROWS:  # a check asks for no rows
            checked = {each.object: each.status for each in check_org(audit.org).objects}
            assert {name for name, status in checked.items() if status != "read"} == {VICTIM}
        found = {name: each.status for name, each in audit.run().items()}
        assert found.pop(VICTIM) == "failed"
        assert set(found.values()) == {"read"}


@pytest.mark.parametrize(("concerns", "change"), table(COSTS_NOTHING))
def test_an_odd_answer_that_can_be_done_without_costs_nothing(demo, behind, concerns, change) -> None:
    with wire_to(demo, Rule(concerns, change or broken_instance_url, times=FOREVER)) as wire:
        audit = behind(wire)
        assert {each.status for each in check_org(audit.org).objects} <= {"read", "own_rows"}
        assert {each.status for each in audit.run().values()} <= {"read", "own_rows"}


@pytest.mark.parametrize(("concerns", "change", "told"), table(STOPS_THE_RUN))
def test_an_odd_answer_that_concerns_the_org_stops_the_run_in_words(demo, behind, concerns, change, told) -> None:
    with wire_to(demo, Rule(concerns, change, times=FOREVER)) as wire:
        audit = behind(wire)
        with pytest.raises(OrgError, match=r"^demo: ") as error:
            audit.run()
        assert told in error.value.what
        assert error.value.remediation


def test_the_table_has_all_kinds_of_broken_answers() -> None:
    assert len(COSTS_THE_OBJECT) + len(COSTS_NOTHING) + len(STOPS_THE_RUN) >= 33


def test_an_error_names_the_object_and_the_question(demo, behind) -> None:
    rule = Rule(containing("sobjects/User/describe"), json_body('{"fields":null}'), times=FOREVER)
    with wire_to(demo, rule) as wire, pytest.raises(OrgError) as error:
        behind(wire).run()
    assert "User" in error.value.what
    assert rule.seen == 3  # asked again before it is called failed


@pytest.mark.parametrize("change", [json_body(DEEP), redirect("https://["), lying_error, json_body('{"fields":null}')])
def test_check_shows_no_stack_trace(demo, tmp_path, monkeypatch, capsys, change) -> None:
    with wire_to(demo, Rule(containing("/describe"), change, times=FOREVER)) as wire:
        path = tmp_path / "spendready.yml"
        path.write_text(demo.configuration("client_credentials").replace(demo.instance_url, wire.url))
        for name, value in demo.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SPENDREADY_CONFIG", str(path))
        monkeypatch.setattr("sys.argv", ["spendready", "check"])
        with suppress(SystemExit):
            main()
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err
    assert "error: demo: " in shown.err or "PermissionSet" in shown.out
