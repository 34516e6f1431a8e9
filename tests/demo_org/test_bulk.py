"""Bulk API 2.0 query jobs at the wire: their life, their results as CSV, and what is refused when."""

import csv
import io
import threading
import time
from datetime import UTC, datetime

import pytest

from demo_org.jobs import WORKERS, Job, Jobs, State
from demo_org.soql.engine import SoqlError

LOGINS = "SELECT Id, LoginTime, Status FROM LoginHistory"


def make(client, soql=LOGINS, **more):
    return client.send("POST", f"{client.base}/jobs/query", json={"operation": "query", "query": soql, **more})


def ended(client, job_id):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        job = client.get(f"/jobs/query/{job_id}").json()
        if job["state"] not in {"UploadComplete", "InProgress"}:
            return job
        time.sleep(0.01)
    pytest.fail(f"the job stays {job['state']}")


def complete(client, soql=LOGINS, **more):
    job = ended(client, make(client, soql, **more).json()["id"])
    assert job["state"] == "JobComplete", job
    return job


def rows(text, delimiter=","):
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_a_job_from_creation_to_results(client):
    made = make(client)
    assert made.status_code == 200
    job = made.json()
    reader = client.send("GET", "/services/oauth2/userinfo").json()["user_id"]
    assert job == {
        "id": job["id"],
        "operation": "query",
        "object": "LoginHistory",
        "createdById": reader,
        "createdDate": "2026-11-02T06:00:00.000+0000",
        "systemModstamp": "2026-11-02T06:00:00.000+0000",
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 67.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert (job["id"][:3], len(job["id"])) == ("750", 18)
    done = ended(client, job["id"])
    expected = client.rows(LOGINS)
    assert (done["state"], done["jobType"]) == ("JobComplete", "V2Query")
    assert done["numberRecordsProcessed"] == len(expected)
    results = client.get(f"/jobs/query/{job['id']}/results")
    assert results.headers["Content-Type"].startswith("text/csv")
    assert results.headers["Sforce-NumberOfRecords"] == str(len(expected))
    assert results.headers["Sforce-Locator"] == "null"
    assert results.text.splitlines()[0] == '"Id","LoginTime","Status"'
    in_csv = {(row["Id"], row["LoginTime"][:23], row["Status"]) for row in rows(results.text)}
    assert in_csv == {(row["Id"], row["LoginTime"][:23], row["Status"]) for row in expected}


def test_values_in_csv(client):
    job = complete(client, "SELECT Id, IsActive, LastLoginDate, Profile.Name FROM User ORDER BY Id")
    text = client.get(f"/jobs/query/{job['id']}/results").text
    header, *lines = text.splitlines()
    assert header == '"Id","IsActive","LastLoginDate","Profile.Name"'
    assert all(line.startswith('"005') and line.endswith('"') for line in lines)
    in_json = client.rows("SELECT Id, IsActive, LastLoginDate, Profile.Name FROM User ORDER BY Id")
    for row, record in zip(rows(text), in_json, strict=True):
        assert row["IsActive"] == str(record["IsActive"]).lower()
        assert row["LastLoginDate"] == (record["LastLoginDate"] or "").replace("+0000", "Z")
        assert row["Profile.Name"] == ((record["Profile"] or {}).get("Name") or "")
    assert any(record["LastLoginDate"] is None for record in in_json)
    assert any(record["Profile"] is None for record in in_json)


def test_text_that_csv_has_to_quote_survives(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    nasty = 'Lädt "alles", ja;\nzweite Zeile 数据'
    client.org.change(f"""insert into org."OauthToken" ("AppName", "UserId") values ('{nasty}', '005x')""")
    for delimiter, character in (("COMMA", ","), ("SEMICOLON", ";"), ("TAB", "\t"), ("PIPE", "|"), ("CARET", "^")):
        job = complete(client, "SELECT AppName, UseCount FROM OauthToken", columnDelimiter=delimiter)
        text = client.get(f"/jobs/query/{job['id']}/results").content.decode()
        assert {"AppName": nasty, "UseCount": ""} in rows(text, character)


def test_line_endings(client):
    job = complete(client, "SELECT Id FROM Organization", lineEnding="CRLF")
    text = client.get(f"/jobs/query/{job['id']}/results").content
    assert text.count(b"\r\n") == text.count(b"\n") == 2


def test_results_in_sets(client):
    job = complete(client)
    path, locator, sets = f"/jobs/query/{job['id']}/results", None, []
    while locator != "null":
        answer = client.get(path, maxRecords="2500", **({"locator": locator} if locator else {}))
        assert answer.headers["Sforce-NumberOfRecords"] == str(len(rows(answer.text)))
        sets.append(rows(answer.text))
        locator = answer.headers["Sforce-Locator"]
        assert not locator.isdecimal()
    total = job["numberRecordsProcessed"]
    assert [len(each) for each in sets] == [2500] * (total // 2500) + [total % 2500]
    assert len({row["Id"] for each in sets for row in each}) == total


def test_an_empty_result_has_its_header(client):
    job = complete(client, "SELECT Id FROM User WHERE Username = 'nobody@example.com'")
    answer = client.get(f"/jobs/query/{job['id']}/results")
    assert (answer.text, answer.headers["Sforce-NumberOfRecords"]) == ('"Id"\n', "0")
    assert answer.headers["Sforce-Locator"] == "null"


def test_result_pages_lead_to_all_rows(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    client.org.change(
        """
        insert into org."LoginHistory" ("Id", "LoginTime")
        select 'x' || n, timestamptz '2026-11-02T05:00:00Z' from range(620000) as r(n)
        """
    )
    job = complete(client, "SELECT Id FROM LoginHistory")
    first = client.get(f"/jobs/query/{job['id']}/resultPages").json()
    assert (len(first["resultPages"]), first["done"]) == (5, False)
    second = client.send("GET", first["nextRecordsUrl"]).json()
    assert second["done"] is True
    pages = [each["resultUrl"] for each in first["resultPages"] + second["resultPages"]]
    count = sum(int(client.send("GET", page).headers["Sforce-NumberOfRecords"]) for page in pages)
    assert count == job["numberRecordsProcessed"] > 620_000


def test_result_pages_came_with_version_58(demo_org, sign_in):
    client = sign_in(demo_org, "57.0")
    job = complete(client, "SELECT Id FROM Organization")
    assert client.get(f"/jobs/query/{job['id']}/resultPages").status_code == 404


def test_results_want_the_version_of_the_job(client, demo_org, sign_in):
    job = complete(client, "SELECT Id FROM Organization")
    other = sign_in(demo_org, "66.0")
    assert other.get(f"/jobs/query/{job['id']}/results").status_code == 409
    assert other.get(f"/jobs/query/{job['id']}").status_code == 200


@pytest.mark.parametrize("locator", ["!!!", "bm90IGEgbnVtYmVy", "OTk5OTk5OTk5"])
def test_a_wrong_locator(client, locator):
    job = complete(client, "SELECT Id FROM Organization")
    answer = client.get(f"/jobs/query/{job['id']}/results", locator=locator)
    assert client.refusal(answer)[:2] == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_wrong_max_records(client, size):
    job = complete(client, "SELECT Id FROM Organization")
    assert client.get(f"/jobs/query/{job['id']}/results", maxRecords=size).status_code == 400


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id FROM AuthSession", "INVALIDENTITY", "Entity 'AuthSession' is not supported by the Bulk API."),
        ("SELECT Id FROM UserLogin", "INVALIDENTITY", "Entity 'UserLogin' is not supported by the Bulk API."),
        ("SELECT Id FROM Nope", "INVALIDENTITY", "Entity 'Nope' is not found."),
        ("SELECT COUNT() FROM User", "API_ERROR", "Implementation restriction"),
        ("SELECT MAX(LoginTime) FROM LoginHistory", "API_ERROR", "Implementation restriction"),
        ("SELECT ProfileId FROM User GROUP BY ProfileId", "API_ERROR", "Implementation restriction"),
        ("SELECT Id FROM User LIMIT 1 OFFSET 1", "API_ERROR", "Implementation restriction"),
        (
            "SELECT Id, (SELECT Id FROM PermissionSetAssignments) FROM User",
            "API_ERROR",
            "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
        ),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token"),
    ],
)
def test_refused_when_made(client, soql, code, message):
    refusal = client.refusal(make(client, soql))
    assert refusal[:2] == (400, code)
    assert message in refusal[2]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"operation": "insert", "object": "User"}', b'{"operation": "query"}'],
)
def test_a_body_that_makes_no_query_job(client, body):
    answer = client.send("POST", f"{client.base}/jobs/query", data=body)
    assert client.refusal(answer)[0] == 400


def test_options_that_there_are_not(client):
    for option in ({"columnDelimiter": "SPACE"}, {"lineEnding": "CR"}, {"contentType": "JSON"}):
        assert client.refusal(make(client, **option))[:2] == (400, "INVALIDJOB")


def test_a_mistake_in_the_query_makes_the_job_fail(client):
    job = ended(client, make(client, "SELECT Id FROM LoginHistory WHERE Status = 'Success'").json()["id"])
    assert job["state"] == "Failed"
    assert job["errorMessage"].startswith("INVALID_FIELD: ")
    assert "field 'Status' can not be filtered in a query call" in job["errorMessage"]
    answer = client.get(f"/jobs/query/{job['id']}/results")
    assert client.refusal(answer)[:2] == (400, "INVALIDJOBSTATE")


def test_bulk_sees_no_more_than_the_reader(serve_demo_org, sign_in):
    org = serve_demo_org(reader_lacks=frozenset({"CustomizeApplication", "ManageUsers", "MonitorLoginHistory"}))
    client = sign_in(org)
    reader = client.send("GET", "/services/oauth2/userinfo").json()["user_id"]
    job = complete(client, "SELECT UserId FROM OauthToken")
    assert {row["UserId"] for row in rows(client.get(f"/jobs/query/{job['id']}/results").text)} <= {reader}


def test_bulk_gives_no_more_than_2500_tokens(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    client.org.change("""insert into org."OauthToken" ("AppName") select 'Load ' || n from range(4000) as r(n)""")
    job = complete(client, "SELECT AppName FROM OauthToken")
    assert job["numberRecordsProcessed"] == 2500
    assert len(rows(client.get(f"/jobs/query/{job['id']}/results").text)) == 2500


def test_jobs_are_listed_and_deleted(client):
    job = complete(client, "SELECT Id FROM Organization")
    listed = client.get("/jobs/query").json()
    assert listed["done"] is True
    assert job["id"] in {each["id"] for each in listed["records"]}
    deleted = client.send("DELETE", f"{client.base}/jobs/query/{job['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for path in (f"/jobs/query/{job['id']}", f"/jobs/query/{job['id']}/results"):
        assert client.refusal(client.get(path))[:2] == (404, "NOT_FOUND")


def test_a_job_is_its_makers_alone(client, sign_in_as):
    job = complete(client, "SELECT Id FROM Organization")
    [colleague] = client.rows(
        "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.PermissionsApiEnabled = true"
        f" AND IsActive = true AND Assignee.IsActive = true AND Assignee.Username != '{client.org.username}' LIMIT 1"
    )
    other = sign_in_as(client.org, colleague["Assignee"]["Username"])
    assert other.get("/jobs/query").status_code == 200
    assert other.get(f"/jobs/query/{job['id']}").status_code == 404


def test_a_job_is_aborted_only_before_it_ends(client):
    job = complete(client, "SELECT Id FROM Organization")
    path = f"{client.base}/jobs/query/{job['id']}"
    assert client.refusal(client.send("PATCH", path, json={"state": "Aborted"}))[:2] == (400, "INVALIDJOBSTATE")
    assert client.refusal(client.send("PATCH", path, json={"state": "InProgress"}))[:2] == (400, "INVALIDJOBSTATE")


def test_an_aborted_job_is_never_asked():
    jobs, release, asked = Jobs(), threading.Event(), []

    def waiting():
        release.wait(20)
        raise SoqlError(400, "ANY", "released")

    def job(job_id):
        return Job(job_id, "query", "User", "005", datetime(2026, 11, 2, tzinfo=UTC), 67.0, "LF", "COMMA")

    try:
        for _ in range(WORKERS):
            jobs.submit(job, waiting)
        queued = jobs.submit(job, lambda: asked.append("asked"))
        assert queued.state is State.UPLOAD_COMPLETE
        assert jobs.abort(queued)
        assert not jobs.abort(queued)
    finally:
        release.set()
        jobs.close()
    assert (queued.state, asked) == (State.ABORTED, [])
