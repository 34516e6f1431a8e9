"""Fuzzing the one place where answers become values, and the wire before it: values and OrgErrors, nothing else."""

import gzip
import io
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3.util import Retry

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.api_errors import SalesforceApiError, UnusableAnswer, api_error
from spendready_pipeline.salesforce.client.connection import Connection, connect
from spendready_pipeline.salesforce.client.pages import Page, page_of
from spendready_pipeline.salesforce.limits import Limits
from tests.salesforce.audits import settings_of
from tests.salesforce.wire import Answer, Rule, wire_to

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
MOST = 64 * 1024

# Values that come near to what Salesforce sends, so that more than the first check of a reader is met.
KEYS = st.sampled_from(
    ("totalSize", "done", "nextRecordsUrl", "records", "fields", "name", "type", "queryable", "version", "user_id")
) | st.sampled_from(
    ("access_token", "instance_url", "id", "errorCode", "error", "message", "DailyApiRequests", "Max", "Remaining")
)
TEXTS = st.sampled_from(
    ("Id", "id", "boolean", "67.0", "005000000000001AAA", "https://[", "/services/data/v67.0/query/01g-1", "\ud83d")
) | st.text(st.characters(exclude_categories=()), max_size=12)
NUMBERS = st.integers(-5, 5) | st.integers() | st.floats(allow_nan=True, allow_infinity=True)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXTS, inner, max_size=5),
    max_leaves=15,
)
JSON = VALUES.map(lambda value: json.dumps(value).encode())
ODD_JSON = st.sampled_from(
    [
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b'{"totalSize":1e999,"done":true}',
        b'{"totalSize":' + b"9" * 5_000 + b"}",
        b'{"totalSize":NaN}',
        b"\xff\xfe{}",
        b'"\x92"',
        b"<html>",
        b"{}{}",
        b"\xef\xbb\xbf[]",
    ]
)
BODIES = JSON | ODD_JSON | st.binary(max_size=60)
CUT_BODIES = st.builds(lambda body, at: body[: len(body) - at], BODIES, st.integers(0, 8))
READERS: list[Callable[[object], object]] = [
    answers.versions,
    answers.user_id,
    answers.fields,
    answers.total,
    answers.records,
    answers.envelope,
    answers.daily_calls,
]
WIRE_EXAMPLES = int(os.environ.get("WIRE_EXAMPLES", "100"))
"""More of them take minutes: `WIRE_EXAMPLES=2000 pytest tests/salesforce/test_fuzz.py`."""
EXAMPLES = settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@EXAMPLES
@given(body=CUT_BODIES)
def test_a_body_becomes_a_value_or_is_undocumented(read, body) -> None:
    with suppress(answers.Undocumented):
        answers.value_of(read, body)


@EXAMPLES
@given(body=CUT_BODIES)
def test_a_token_answer_or_an_error_never_fails(body) -> None:
    token = answers.token_of(answers.object_of(body))
    assert token is None or token.isascii()
    said = answers.error(body)
    said.detail.encode()
    assert said.code == "" or said.code.isascii()


@EXAMPLES
@given(
    text=st.text(st.characters(codec="latin-1"), max_size=40)
    | st.from_regex(r"api-usage=\d+/\d+")
    | st.datetimes().map(str)
)
def test_a_header_becomes_a_value_or_nothing(text) -> None:
    calls = answers.usage(text)
    assert calls is None or calls.left >= 0
    moment = answers.moment(text)
    assert moment is None or moment.tzinfo is not None
    seconds = answers.retry_after(text, NOW)
    assert seconds is None or seconds >= 0


@EXAMPLES
@given(
    day=st.integers(0, 40),
    year=st.integers(0, 99_999),
    clock=st.tuples(*[st.integers(0, 99)] * 3),
    zone=st.from_regex(r"[+-]\d{4}", fullmatch=True) | st.sampled_from(["GMT", "", "XYZ"]),
)
def test_a_date_becomes_a_moment_or_nothing(day, year, clock, zone) -> None:
    moment = answers.moment(f"Mon, {day:02} Nov {year:04} {clock[0]:02}:{clock[1]:02}:{clock[2]:02} {zone}")
    assert moment is None or moment.utcoffset() is not None


def response(body: bytes, encoding: str | None, status: int = 200) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update({"Content-Encoding": encoding} if encoding else {})
    answer.raw = urllib3.HTTPResponse(io.BytesIO(body), {}, 200, preload_content=False)  # as the transport does
    return answer


@EXAMPLES
@given(body=CUT_BODIES, packed=st.booleans(), claims_gzip=st.booleans(), at=st.integers(0, 6))
def test_a_page_is_one_or_is_refused(body, packed, claims_gzip, at) -> None:
    sent = gzip.compress(body, 1) if packed else body
    try:
        page = page_of("acme", MOST, response(sent[: len(sent) - at], "gzip" if claims_gzip else None))
    except (answers.Undocumented, UnusableAnswer):
        return
    assert isinstance(page, Page)
    assert page.total >= 0


@EXAMPLES
@given(body=CUT_BODIES, status=st.sampled_from([201, 204, 304, 400, 401, 403, 404, 500, 503]))
def test_an_error_page_becomes_a_refusal(body, status) -> None:
    refused = api_error("acme", response(body, None, status))
    assert isinstance(refused, SalesforceApiError)
    refused.what.encode()


# At the wire

HEADERS = st.sampled_from(
    ("Date", "Sforce-Limit-Info", "Location", "Retry-After", "Content-Type", "Content-Encoding", "Content-Length")
) | st.sampled_from(("Transfer-Encoding", "Set-Cookie", "Connection"))
HEADER_VALUES = st.sampled_from(
    [
        "gzip",
        "gzip, gzip",
        "br",
        "chunked",
        "https://[",
        "/services/data/",
        f"api-usage={'9' * 5000}/1",
        "-1",
        "application/json; charset=nonsense",
        "text/html",
        "\udcff",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "9" * 5000,
    ]
) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
SIGN_IN: list[str] = ["/services/data/", "oauth2/token", "UserPermissionAccess"]
"""What is asked by signing in alone."""
ASKED: dict[str, Callable[[Connection], object]] = {
    "/limits": lambda connection: connection.daily_calls(),
    "/describe": lambda connection: connection.describe("User"),
    "count()": lambda connection: connection.count("User"),
    "SELECT Id FROM": lambda connection: list(connection.pages("SELECT Id FROM User")),
}


@pytest.fixture(scope="module")
def wired(shared_org):
    """A connection over a wire to the small org, whose rules change from example to example."""
    with wire_to(shared_org) as wire, pytest.MonkeyPatch.context() as patch:
        patch.setattr("spendready_pipeline.salesforce.client.session.RETRY_POLICY", Retry(total=1, retry_after_max=0))
        wire.remembers = True
        org = settings_of(shared_org, instance_url=wire.url, limits=Limits())
        with connect(org) as connection:
            yield wire, org, connection


@pytest.mark.slow  # thousands of requests over TLS
@pytest.mark.timeout(1_800)
@settings(max_examples=WIRE_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    question=st.sampled_from([*SIGN_IN, *ASKED, *ASKED]),
    body=st.none() | CUT_BODIES,
    status=st.none() | st.sampled_from([200, 200, 200, 204, 302, 304, 400, 401, 404]),
    header=st.none() | st.tuples(HEADERS, HEADER_VALUES),
    packing=st.sampled_from(["honest", "honest", "cut", "lies"]),
)
def test_whatever_comes_over_the_wire_is_a_value_or_an_org_error(
    wired, question, body, status, header, packing
) -> None:
    wire, org, connection = wired

    def change(answer: Answer) -> Answer:
        changed = replace(answer, body=answer.body if body is None else body, status=status or answer.status)
        if packing == "cut":
            changed = replace(changed, length=len(changed.body) + 10_000)
        if packing == "lies":
            changed = replace(changed.with_header("Content-Encoding", "gzip"), gzipped=False)
        return changed.with_header(*header) if header else changed

    def ask() -> None:
        if question in ASKED:
            connection._described.clear()
            ASKED[question](connection)
        else:
            with connect(org):
                pass

    wire.rules[:] = [Rule(lambda target: question in target, change, times=10**6)]
    try:
        ask()
    except OrgError as error:
        told = error.what
        told.encode()
        assert told.startswith("demo: ")
