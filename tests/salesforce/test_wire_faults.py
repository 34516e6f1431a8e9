"""A table of faults at the wire: what happens to which object, and that the result is as if nothing had happened."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from spendready_pipeline.evidence.verify import verify
from spendready_pipeline.storage.files import OrgFiles
from tests.salesforce.audits import Audit, settings_of
from tests.salesforce.wire import Change, Rule, containing, error, json_body, reset, rows_of, web_page, wire_to

LOOP = '{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v67.0/query/LOOP","records":[]}'
"""A page that announces itself as the next one."""
DEEP = b"[" * 100_000


@pytest.fixture(scope="module")
def undisturbed(shared_org, tmp_path_factory) -> dict:
    """The raw tables of a run that nothing disturbed."""
    audit = Audit(settings_of(shared_org), OrgFiles(tmp_path_factory.mktemp("data") / "demo"), [])
    audit.run()
    return audit.raw()


@pytest.fixture
def audit_over(demo, audit) -> Callable[..., Audit]:
    """Gives the audit of the demo org behind a wire."""
    return lambda wire: audit(demo, instance_url=wire.url)


def truncated(answer):
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def cut_off(answer):
    return replace(answer, length=10**6)


def lying_encoding(answer):
    return replace(answer, gzipped=False).with_header("Content-Encoding", "gzip")


def endless_page(answer):
    return replace(answer, body=answer.body.replace(b'"done":true', b'"done":false,"nextRecordsUrl":""'))


TIMEOUT = error(500, "QUERY_TIMEOUT")

READ_AGAIN = [
    # fault, object, what changes its first page, how often
    ("Salesforce gives up on the query once", "User", TIMEOUT, 1),
    ("Salesforce gives up on the query once", "AuthSession", TIMEOUT, 1),
    ("Salesforce gives up on the query once", "OauthToken", TIMEOUT, 1),
    ("it gives up twice, so the query is halved", "User", TIMEOUT, 2),
    ("it gives up twice, so the query is halved", "PermissionSetAssignment", TIMEOUT, 2),
    ("it gives up twice, so the query is halved", "LoginHistory", TIMEOUT, 2),
    ("it gives up twice, so the query is halved", "OauthToken", TIMEOUT, 2),
    ("it gives up on the halves as well", "PermissionSetAssignment", TIMEOUT, 6),
    ("the JSON is truncated", "OauthToken", truncated, 1),
    ("the JSON is truncated", "User", truncated, 2),
    ("the JSON is another value", "UserLicense", json_body("[]"), 2),
    ("the JSON is nested too deeply", "Profile", json_body(DEEP), 1),
    ("there is another page, and no address of it", "AppMenuItem", endless_page, 1),
    ("the body ends too early", "LoginHistory", cut_off, 2),
    ("the body is not compressed as it says", "UserLogin", lying_encoding, 1),
    ("a maintenance page comes with HTTP 200", "User", web_page(200), 3),
    ("a maintenance page comes with HTTP 503", "OauthToken", web_page(503), 3),
    ("an unknown exception", "AuthSession", error(500, "UNKNOWN_EXCEPTION"), 3),
    ("too many requests", "PermissionSet", error(429, "REQUEST_LIMIT_EXCEEDED"), 2),
    ("the connection is reset", "PermissionSetLicense", reset, 3),
]


FURTHER_PAGE = [
    ("the session ends", error(401, "INVALID_SESSION_ID")),
    ("the locator dies", error(400, "INVALID_QUERY_LOCATOR")),
    ("the JSON is truncated", truncated),
    ("a maintenance page comes with HTTP 200", web_page(200)),
    ("the connection is reset", reset),
    ("Salesforce gives up on the query", TIMEOUT),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=fault) for fault, change in FURTHER_PAGE])
def test_a_fault_at_a_further_page_leaves_no_trace(demo, audit_over, undisturbed, change: Change) -> None:
    rule = Rule(containing("/query/01g"), change)
    with wire_to(demo, rule) as wire:
        wire.rows_a_page = 200
        audit = audit_over(wire)
        assert audit.run()["LoginHistory"].status == "read"
        assert rule.seen > 1
        assert audit.raw() == undisturbed
        assert verify(audit.files) == []


FAILED = [
    # fault, object, what changes its pages for good
    ("Salesforce gives up on every query", "AuthSession", TIMEOUT),
    ("the JSON is always truncated", "OauthToken", truncated),
    ("there is another page, and never an address", "AppMenuItem", endless_page),
    ("the next page leads back to itself", "UserLogin", json_body(LOOP)),
    ("an unknown exception without end", "PermissionSetLicense", error(500, "UNKNOWN_EXCEPTION")),
]


@pytest.mark.parametrize(
    ("name", "change"), [pytest.param(name, change, id=f"{name}: {fault}") for fault, name, change in FAILED]
)
def test_a_fault_that_stays_costs_its_object_alone(demo, audit_over, undisturbed, name, change: Change) -> None:
    pages = Rule(lambda target: rows_of(name)(target) or "LOOP" in target, change, times=10**6)
    with wire_to(demo, pages) as wire:
        audit = audit_over(wire)
        statuses = {object_name: found.status for object_name, found in audit.run().items()}
        assert statuses.pop(name) == "failed"
        assert set(statuses.values()) == {"read"}
        table = BY_NAME[name].table
        assert audit.raw() == undisturbed | {table: []}
        assert verify(audit.files) == []


@pytest.mark.parametrize(
    ("name", "change", "times"),
    [pytest.param(name, change, times, id=f"{name}: {fault}") for fault, name, change, times in READ_AGAIN],
)
def test_a_fault_that_passes_leaves_no_trace(demo, audit_over, undisturbed, name, change: Change, times) -> None:
    rule = Rule(rows_of(name), change, times=times)
    with wire_to(demo, rule) as wire:
        audit = audit_over(wire)
        assert audit.run()[name].status == "read"
        assert rule.seen > times
        assert audit.raw() == undisturbed
        assert verify(audit.files) == []
