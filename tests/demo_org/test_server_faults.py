"""Faults on demand: each goes wrong where its rule says, and nowhere else."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from demo_org.faults import Fault

LOGINS = "SELECT Id FROM LoginHistory"


def test_the_nth_request_goes_wrong_and_the_next_does_not(serve_demo_org, sign_in):
    fault = Fault("/services/data/v67.0/query", nth=2, status=503, html=True, headers={"Retry-After": "1"})
    client = sign_in(serve_demo_org(faults=[fault]))
    client.get("/limits")
    answers = [client.query("SELECT Id FROM Organization") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 503, 200]
    assert answers[1].headers["Content-Type"].startswith("text/html")
    assert answers[1].headers["Retry-After"] == "1"
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answers[1].json()


def test_a_rule_may_name_what_the_request_contains_and_how_often(serve_demo_org, sign_in):
    fault = Fault(containing="FROM OauthToken", times=2, status=500, error_code="UNKNOWN_EXCEPTION", message="oh")
    client = sign_in(serve_demo_org(faults=[fault]))
    assert client.query(LOGINS).status_code == 200
    answers = [client.query("SELECT AppName FROM OauthToken") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [500, 500, 200]
    assert client.refusal(answers[0]) == (500, "UNKNOWN_EXCEPTION", "oh")


def test_rules_may_be_added_while_the_org_runs(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    assert client.get("/limits").status_code == 200
    client.org.faults.append(Fault(status=403, error_code="REQUEST_LIMIT_EXCEEDED"))
    assert client.refusal(client.get("/limits"))[:2] == (403, "REQUEST_LIMIT_EXCEEDED")


def test_a_session_dies_in_the_middle_of_a_query(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(faults=[Fault("/services/data/v67.0/query/01g", nth=2, end_sessions=True)]))
    first = client.query(LOGINS).json()
    second = client.send("GET", first["nextRecordsUrl"]).json()
    third = client.send("GET", second["nextRecordsUrl"])
    assert client.refusal(third)[:2] == (401, "INVALID_SESSION_ID")
    client.sign_in()
    again = client.send("GET", second["nextRecordsUrl"])
    assert client.refusal(again)[:2] == (400, "INVALID_QUERY_LOCATOR")


def test_rows_change_between_two_requests(serve_demo_org, sign_in):
    delete = """delete from org."LoginHistory" where "Id" = (select min("Id") from org."LoginHistory")"""
    client = sign_in(serve_demo_org(faults=[Fault(containing="SELECT Id FROM LoginHistory", sql=delete)]))
    counted = client.query("SELECT count() FROM LoginHistory").json()["totalSize"]
    assert len(client.rows(LOGINS)) == counted - 1


def test_a_slow_answer(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(faults=[Fault(containing="/limits", delay_seconds=0.3)]))
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.send("GET", f"{client.base}/limits", timeout=0.1)
    assert client.get("/limits").status_code == 200


def test_a_connection_breaks_in_the_middle_of_an_answer(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(faults=[Fault(containing="LoginHistory", drop=True)]))
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        client.query(LOGINS)
    assert client.query(LOGINS).status_code == 200


def test_an_answer_without_a_date(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(faults=[Fault(containing="/limits", without_headers=frozenset({"date"}))]))
    assert "Date" not in client.get("/limits").headers
    assert "Date" in client.get("/limits").headers


def test_a_clock_that_goes_wrong(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(now=None, clock_skew=timedelta(hours=3)))
    theirs = parsedate_to_datetime(client.get("/limits").headers["Date"])
    assert timedelta(hours=2, minutes=59) < theirs - datetime.now(UTC) < timedelta(hours=3, minutes=1)


def test_the_server_stops_at_the_nth_page_and_can_be_started_again(serve_demo_org, sign_in):
    org = serve_demo_org(faults=[Fault("/services/data/v67.0/query/01g", nth=2, stop=True)])
    client = sign_in(org)
    url = org.instance_url
    first = client.query(LOGINS).json()
    second = client.send("GET", first["nextRecordsUrl"]).json()
    with pytest.raises(requests.exceptions.ConnectionError):
        client.send("GET", second["nextRecordsUrl"])
    with pytest.raises(requests.exceptions.ConnectionError):
        client.query(LOGINS)
    org.stop()
    org.start()
    assert org.instance_url == url
    client.sign_in()
    assert client.query(LOGINS).json()["totalSize"] == first["totalSize"]


def test_what_came_in_is_written_down(serve_demo_org, sign_in):
    org = serve_demo_org(faults=[Fault(containing="/limits", status=503)])
    client = sign_in(org)
    client.query("SELECT Id FROM User WHERE Username = 'a b'")
    client.get("/limits")
    assert list(org.requests) == [
        ("POST", "/services/oauth2/token", 200),
        ("GET", "/services/data/v67.0/query?q=SELECT Id FROM User WHERE Username = 'a b'", 200),
        ("GET", "/services/data/v67.0/limits", 503),
    ]
    assert org.client_secret not in str(list(org.requests))
