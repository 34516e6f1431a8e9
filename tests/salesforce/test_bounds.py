"""No answer fills memory, the disk or the night: bytes, seconds and pages are bounded, whoever answers."""

import gzip
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.api_errors import RunDeadlineExceeded, SalesforceApiError, UnusableAnswer
from spendready_pipeline.salesforce.client.bounds import TooLarge, unpacked
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.salesforce.limits import Limits
from tests.salesforce.audits import settings_of
from tests.salesforce.wire import Answer, Change, Rule, containing, json_body, rows_of, wire_to

MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE
FOREVER = 10**6
SMALL = Limits(page_mb=1, answer_mb=1, clock_skew_minutes=None)


# Unpacking


@given(st.lists(st.binary(max_size=5_000), min_size=1, max_size=5), st.integers(0, 3))
def test_gzip_streams_on_end_are_unpacked_whole(parts, level) -> None:
    body = b"".join(gzip.compress(part, level) for part in parts)
    assert b"".join(unpacked(body, MEGABYTE)) == b"".join(parts)


@pytest.mark.parametrize("size", [1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE])
def test_unpacking_ends_at_the_bound_exactly(size) -> None:
    body = gzip.compress(b"x" * size)
    assert sum(map(len, unpacked(body, size))) == size
    with pytest.raises(TooLarge):
        list(unpacked(body, size - 1))


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_gzip_that_was_cut_off_is_not_taken_for_whole(cut) -> None:
    with pytest.raises((EOFError, zlib.error)):
        list(unpacked(gzip.compress(os.urandom(500))[:-cut], MEGABYTE))


# Bytes


def bomb(gigabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = b" " * MEGABYTE
    return b"".join(packer.compress(zeros) for _ in range(gigabytes * 1024)) + packer.flush()


@pytest.fixture(scope="module")
def gigabyte() -> bytes:
    """A gigabyte, gzipped: one megabyte."""
    packed = bomb(1)
    assert len(packed) < 2 * MEGABYTE
    return packed


def sends_gzip(body: bytes, status: int | None = None) -> Change:
    def change(answer: Answer) -> Answer:
        bombed = answer.with_header("Content-Encoding", "gzip").with_header("Content-Length", str(len(body)))
        return replace(bombed, status=status or answer.status, raw=lambda: iter([body]))

    return change


PEAK = """
import resource, sys
from pathlib import Path
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.connection import connect
from spendready_pipeline.settings import load_settings
org = load_settings(Path(sys.argv[1])).org("demo")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said = ""
try:
    with connect(org) as connection:
        connection.describe("User")
        connection.count("User")
        list(connection.pages("SELECT Id, Username FROM User"))
except OrgError as error:
    said = error.what
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, said, sep="|")
"""
MOST_MEGABYTES = 100


@pytest.mark.parametrize(
    ("concerns", "status", "told"),
    [
        pytest.param("POST /services/oauth2/token", None, "sign-in: the answer has more than 1 MB", id="token"),
        pytest.param("sobjects/User/describe", None, "describe of User: the answer has more than 16 MB", id="describe"),
        pytest.param("SELECT count() FROM User", None, "count of User: the answer has more than 1 MB", id="count"),
        pytest.param("SELECT Id, Username", None, "query of User: the answer has more than 512 MB", id="page"),
        pytest.param("SELECT count() FROM User", 400, "Salesforce answered with no error code", id="error page"),
        pytest.param("SELECT Id, Username", 400, "Salesforce answered with no error code", id="error page of a page"),
    ],
)
def test_a_gigabyte_that_came_as_a_megabyte_takes_little_memory(
    demo, tmp_path, gigabyte, concerns, status, told
) -> None:
    with wire_to(demo, Rule(containing(concerns), sends_gzip(gigabyte, status), times=FOREVER)) as wire:
        path = tmp_path / "spendready.yml"
        path.write_text(demo.configuration("client_credentials").replace(demo.instance_url, wire.url))
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(path)],
            env=os.environ | demo.environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
    megabytes, _, said = done.stdout.strip().partition("|")
    assert told in said
    assert int(megabytes) < MOST_MEGABYTES


def endless(piece: bytes, seconds: float = 0.0) -> Change:
    """A body in chunks that never ends."""

    def chunks() -> Iterator[bytes]:
        while True:
            yield b"%x\r\n%s\r\n" % (len(piece), piece)
            time.sleep(seconds)

    return lambda answer: replace(answer.with_header("Transfer-Encoding", "chunked"), raw=chunks)


@pytest.fixture
def behind(demo) -> Callable:
    """Connects to the demo org behind a wire, within limits."""
    return lambda wire, limits: connect(settings_of(demo, instance_url=wire.url, limits=limits))


@pytest.mark.parametrize(
    ("concerns", "ask", "told"),
    [
        ("FROM User", lambda connection: connection.count("User"), "count of User: the answer has more than 1 MB"),
        (
            "/describe",
            lambda connection: connection.describe("User"),
            "describe of User: the answer has more than 16 MB",
        ),
        (
            "SELECT Id",
            lambda connection: list(connection.pages("SELECT Id FROM User")),
            "query of User: the answer has more than 1 MB",
        ),
    ],
    ids=["count", "describe", "page"],
)
def test_a_body_without_end_is_read_to_the_limit(demo, behind, concerns, ask, told) -> None:
    with wire_to(demo) as wire, behind(wire, SMALL) as connection:
        wire.rules.append(Rule(containing(concerns), endless(b" " * 65_536), times=FOREVER))
        with pytest.raises(UnusableAnswer, match=told):
            ask(connection)


def test_a_page_larger_than_the_limit_costs_its_object_alone(demo, audit) -> None:
    big = json_body(b'{"totalSize":0,"done":true,"records":[' + b" " * MEGABYTE + b"]}")
    with wire_to(demo, Rule(rows_of("AuthSession"), big, times=FOREVER)) as wire:
        found = audit(demo, instance_url=wire.url, limits=SMALL).run()
    assert {name for name, each in found.items() if each.status == "failed"} == {"AuthSession"}
    assert found["AuthSession"].reason == "query of AuthSession: the answer has more than 1 MB"


# Seconds


def one_byte_a_moment(answer: Answer) -> Answer:
    """A body that arrives byte by byte, well within a socket's timeout."""

    def trickle() -> Iterator[bytes]:
        for number in range(len(answer.body)):
            yield answer.body[number : number + 1]
            time.sleep(0.05)

    return replace(answer.with_header("Content-Length", "1000000"), raw=trickle)


@pytest.fixture
def seconds_for_minutes(monkeypatch) -> None:
    """A minute, and an hour, of the limits takes half a second."""
    monkeypatch.setattr("spendready_pipeline.salesforce.client.transport.SECONDS_PER_MINUTE", 0.5)
    monkeypatch.setattr("spendready_pipeline.salesforce.client.transport.SECONDS_PER_HOUR", 0.5)


@pytest.mark.usefixtures("seconds_for_minutes")
@pytest.mark.parametrize("what", ["token", "count", "page"])
def test_an_answer_that_trickles_in_ends_in_time(demo, behind, what) -> None:
    concerns = {"token": "POST /services", "count": "count() FROM User", "page": "SELECT Id FROM User"}[what]
    started = time.monotonic()
    limits = Limits(answer_minutes=1, run_hours=100)
    slow = Rule(containing(concerns), one_byte_a_moment, times=FOREVER)
    told = pytest.raises(SalesforceApiError, match="the answer was not complete after 1 min")
    with wire_to(demo, slow) as wire, told, behind(wire, limits) as connection:
        connection.count("User") if what == "count" else list(connection.pages("SELECT Id FROM User"))
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("seconds_for_minutes")
def test_a_header_that_trickles_in_ends_in_time(demo, behind) -> None:
    slow = Rule(containing("count() FROM User"), lambda answer: replace(answer, slow_head=0.02), times=FOREVER)
    told = pytest.raises(UnusableAnswer, match="count of User: the answer was not complete after 1 min")
    limits = Limits(answer_minutes=1, run_hours=100)
    with wire_to(demo, slow) as wire, behind(wire, limits) as connection, told:
        connection.count("User")


@pytest.mark.usefixtures("seconds_for_minutes")
def test_a_run_that_takes_too_long_fails_with_what_to_do(demo, audit) -> None:
    slow = Rule(containing("SELECT"), lambda answer: time.sleep(0.3) or answer, times=FOREVER)
    with wire_to(demo, slow) as wire:
        audit = audit(demo, instance_url=wire.url, limits=Limits(run_hours=2, clock_skew_minutes=None))
        with pytest.raises(OrgError, match="reading took longer than 2 h, so the run was stopped") as error:
            audit.run()
    assert "raise run_hours under limits" in error.value.remediation
    assert not [each for each in audit.files.evidence.iterdir() if not each.name.startswith(".")]


@pytest.mark.usefixtures("seconds_for_minutes")
def test_the_deadline_of_a_run_holds_within_an_answer(demo, behind) -> None:
    with wire_to(demo) as wire, behind(wire, Limits(answer_minutes=1_000, run_hours=4)) as connection:
        wire.rules.append(Rule(containing("count()"), one_byte_a_moment, times=FOREVER))
        with pytest.raises(RunDeadlineExceeded):
            connection.count("User")


# Pages


def test_pages_that_never_end_stop_where_the_rows_must_have(demo, behind) -> None:
    numbers = iter(range(10**6))

    def another(answer: Answer) -> Answer:
        path = f"/services/data/v67.0/query/01gNEXT-{next(numbers)}"
        return replace(
            answer, status=200, body=f'{{"totalSize":19,"done":false,"nextRecordsUrl":"{path}","records":[]}}'.encode()
        )

    endless = Rule(lambda target: "SELECT Id" in target or "NEXT" in target, another, times=FOREVER)
    told = pytest.raises(UnusableAnswer, match=r"query of User: .*more pages than the query has rows for")
    with wire_to(demo, endless) as wire, behind(wire, Limits()) as connection, told:
        list(connection.pages("SELECT Id FROM User"))
    assert next(numbers) < 20
