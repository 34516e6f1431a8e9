"""The data API at the wire: what stands around every resource, and the resources that are not queries."""

import gzip
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

NOT_FOUND = (404, "NOT_FOUND", "The requested resource does not exist")


def test_versions_are_told_to_strangers_and_count_as_no_call(stranger):
    answers = [stranger.send("GET", f"/services/data{slash}") for slash in ("", "/")]
    assert [answer.status_code for answer in answers] == [200, 200]
    versions = {each["version"]: each for each in answers[0].json()}
    assert versions["67.0"] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
    assert versions["65.0"]["label"] == "Winter '26"
    assert min(versions, key=float) == "31.0"
    assert "Sforce-Limit-Info" not in answers[0].headers


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer 00D000000000000!nobody"}, {"Authorization": "Basic eDp5"}]
)
def test_a_call_without_a_live_session_is_refused(stranger, headers):
    answer = stranger.send("GET", f"{stranger.base}/query", params={"q": "SELECT Id FROM User"}, headers=headers)
    assert stranger.refusal(answer) == (401, "INVALID_SESSION_ID", "Session expired or invalid")


def test_the_certificate_is_of_the_orgs_own_authority(demo_org):
    trusting_others = requests.Session()
    trusting_others.trust_env = False
    with pytest.raises(requests.exceptions.SSLError):
        trusting_others.get(f"{demo_org.instance_url}/services/data")
    by_address = demo_org.instance_url.replace("localhost", "127.0.0.1")
    assert trusting_others.get(f"{by_address}/services/data", verify=str(demo_org.ca_file)).status_code == 200


def test_it_listens_on_loopback_only(demo_org):
    port = demo_org.instance_url.rsplit(":", 1)[1]
    listening = subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True, text=True)
    if listening.returncode:
        pytest.skip("no ss on this machine")
    assert [line.split()[3] for line in listening.stdout.splitlines()] == [f"127.0.0.1:{port}"]


def test_resources_of_a_version(client):
    for path in (client.base, f"{client.base}/"):
        answer = client.send("GET", path)
        assert answer.json()["query"] == "/services/data/v67.0/query"
        assert answer.json()["identity"].startswith(f"{client.org.instance_url}/id/00D")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v30.0", 410), ("v7.0", 410), ("v31.0", 200), ("v68.0", 404), ("v0.0", 404), ("v67", 404), ("67.0", 404)],
)
def test_which_versions_are_served(client, version, expected):
    answer = client.send("GET", f"/services/data/{version}/")
    assert answer.status_code == expected
    if expected == 410:
        assert client.refusal(answer)[1] == "GONE"
    if expected == 404:
        assert client.refusal(answer) == NOT_FOUND


@pytest.mark.parametrize("path", ["/tooling/query", "/composite", "/query/all/of/it", "/sobjects/Account", "/apps"])
def test_what_the_org_does_not_have(client, path):
    assert client.refusal(client.get(path)) == NOT_FOUND


def test_every_call_tells_the_calls_used_and_is_counted(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(api_calls=3))
    used = [client.get("/limits").headers["Sforce-Limit-Info"] for _ in range(3)]
    assert used == ["api-usage=1/3", "api-usage=2/3", "api-usage=3/3"]
    refused = client.get("/limits")
    assert client.refusal(refused) == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=3/3"


def test_limits_tell_what_is_left(client):
    limits = client.get("/limits").json()
    assert limits["DailyApiRequests"]["Max"] == 100_000
    assert 0 < limits["DailyApiRequests"]["Remaining"] < 100_000
    assert limits["DailyBulkV2QueryJobs"]["Max"] == 10_000


def test_limits_need_view_setup(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(reader_lacks=frozenset({"ViewSetup"})))
    assert client.refusal(client.get("/limits"))[:2] == (403, "INSUFFICIENT_ACCESS")


def test_a_user_without_api_enabled_gets_nothing(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org(reader_lacks=frozenset({"ApiEnabled"})))
    expected = (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
    assert client.refusal(client.query("SELECT Id FROM User")) == expected
    assert client.refusal(client.get("/sobjects")) == expected


def test_the_date_is_the_orgs_own(client, stranger):
    assert client.get("/limits").headers["Date"] == "Mon, 02 Nov 2026 06:00:00 GMT"
    assert stranger.send("GET", "/services/data").headers["Date"] == "Mon, 02 Nov 2026 06:00:00 GMT"
    assert client.query("SELECT nonsense").headers["Date"] == "Mon, 02 Nov 2026 06:00:00 GMT"


def test_answers_are_gzipped_where_the_client_takes_it(client):
    path = f"{client.base}/query?q=SELECT+Id,Username+FROM+User"
    zipped = client.send("GET", path, headers={"Accept-Encoding": "gzip"}, stream=True)
    plain = client.send("GET", path, headers={"Accept-Encoding": "identity"})
    raw = zipped.raw.read(decode_content=False)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert json.loads(gzip.decompress(raw)) == plain.json()
    assert len(raw) < len(plain.content) / 3


def test_a_uri_may_have_16384_bytes(client):
    room = 16_384 - len(f"{client.base}/query?q=")
    longest = client.send("GET", f"{client.base}/query?q={'x' * room}")
    assert client.refusal(longest)[:2] == (400, "MALFORMED_QUERY")
    too_long = client.send("GET", f"{client.base}/query?q={'x' * (room + 1)}")
    assert too_long.status_code == 414


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/query", "GET,HEAD"),
        ("DELETE", "/limits", "GET,HEAD"),
        ("PUT", "/jobs/query", "GET,HEAD,POST"),
        ("PATCH", "/sobjects/User", "GET,HEAD,POST"),
    ],
)
def test_a_method_that_a_resource_does_not_know(client, method, path, allowed):
    answer = client.send(method, f"{client.base}{path}")
    message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    assert client.refusal(answer) == (405, "METHOD_NOT_ALLOWED", message)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sobjects/User"),
        ("PATCH", "/sobjects/User/{id}"),
        ("DELETE", "/sobjects/User/{id}"),
        ("POST", "/composite"),
        ("POST", "/tooling/executeAnonymous"),
        ("POST", "/jobs/ingest"),
        ("DELETE", "/sobjects/OauthToken/{id}"),
    ],
)
def test_nothing_can_be_written(client, method, path):
    [user] = client.rows("SELECT Id FROM User LIMIT 1")
    before = client.rows("SELECT FIELDS(STANDARD) FROM User")
    answer = client.send(method, client.base + path.format(id=user["Id"]), json={"IsActive": False})
    assert client.refusal(answer)[:2] in {(403, "INSUFFICIENT_ACCESS_OR_READONLY"), NOT_FOUND[:2]}
    assert client.rows("SELECT FIELDS(STANDARD) FROM User") == before


def test_the_list_of_objects_and_an_object(client):
    everything = client.get("/sobjects").json()
    assert everything["encoding"] == "UTF-8"
    listed = {each["name"]: each for each in everything["sobjects"]}
    assert {"User", "OauthToken", "LoginHistory", "AuthSession", "PermissionSetAssignment"} <= listed.keys()
    assert listed["User"]["keyPrefix"] == "005"
    assert client.get("/sobjects/User").json()["objectDescribe"] == listed["User"]
    assert client.get("/sobjects/user/").json()["objectDescribe"] == listed["User"]


def test_a_describe_tells_fields_and_their_use(client):
    described = client.get("/sobjects/LoginHistory/describe/").json()
    fields = {each["name"]: each for each in described["fields"]}
    assert fields["LoginTime"]["type"] == "datetime"
    assert (fields["LoginTime"]["filterable"], fields["Status"]["filterable"]) == (True, False)
    assert described["urls"]["describe"] == "/services/data/v67.0/sobjects/LoginHistory/describe"


def test_describes_follow_version_permission_and_edition(serve_demo_org, sign_in):
    org = serve_demo_org(
        reader_lacks=frozenset({"ManageUsers"}),
        hidden_objects=frozenset({"ExternalClientApplication"}),
        without_fields={"OauthToken": frozenset({"CreatedDate"})},
    )
    new, old = sign_in(org), sign_in(org, "63.0")
    fields = [
        {field["name"] for field in client.get("/sobjects/AuthSession/describe").json()["fields"]}
        for client in (new, old)
    ]
    assert fields[0] - fields[1] == {"IsAssociatedWithJwtAccessToken"}
    names = {each["name"] for each in new.get("/sobjects").json()["sobjects"]}
    assert not names & {"ExternalClientApplication", "UserLogin"}
    assert new.refusal(new.get("/sobjects/UserLogin/describe")) == NOT_FOUND
    token = {field["name"] for field in new.get("/sobjects/OauthToken/describe").json()["fields"]}
    assert "CreatedDate" not in token
    assert "LastUsedDate" in token


def test_a_single_record(client):
    [user] = client.rows("SELECT Id, Username FROM User LIMIT 1")
    whole = client.get(f"/sobjects/User/{user['Id']}").json()
    assert whole["attributes"] == {"type": "User", "url": f"/services/data/v67.0/sobjects/User/{user['Id']}"}
    assert whole["Username"] == user["Username"]
    assert len(whole) > 20
    some = client.get(f"/sobjects/User/{user['Id']}", fields="Username,IsActive").json()
    assert some.keys() == {"attributes", "Username", "IsActive"}
    assert client.refusal(client.get("/sobjects/User/005000000000000AAA")) == NOT_FOUND
    assert client.refusal(client.get("/sobjects/User/' OR Id != '")) == NOT_FOUND


def test_many_clients_at_once(demo_org, sign_in):
    clients = [sign_in(demo_org) for _ in range(4)]
    expected = clients[0].rows("SELECT Id, Status FROM LoginHistory ORDER BY Id")
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(each.rows, "SELECT Id, Status FROM LoginHistory ORDER BY Id") for each in clients * 3]
        assert all(each.result() == expected for each in asked)


def test_what_breaks_inside_is_an_unknown_exception_and_logged(serve_demo_org, sign_in, caplog):
    client = sign_in(serve_demo_org())
    client.org.change('drop table org."UserLicense"')
    answer = client.query("SELECT Id FROM UserLicense")
    assert client.refusal(answer) == (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")
    assert "/services/data/v67.0/query cannot be answered" in caplog.text
    assert client.query("SELECT Id FROM Profile").status_code == 200


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT finding_type FROM finding",
        "SELECT finding_type FROM planted.finding",
        "SELECT Id FROM org.User",
        "SELECT Id FROM User WHERE Id IN (SELECT subject_id FROM planted.finding)",
        "SELECT Id, (SELECT subject_id FROM planted.finding) FROM User",
        "SELECT planted.finding.subject_id FROM User",
        "SELECT Id FROM User WHERE Name = '' UNION SELECT subject_id FROM planted.finding",
        "SELECT Id FROM User WHERE Name = '\\' OR 1 IN (SELECT 1 FROM planted.finding) --'",
    ],
)
def test_what_was_planted_cannot_be_reached(client, soql):
    subjects = {row["subject_id"] for row in client.org.planted("finding")}
    assert subjects
    answer = client.query(soql)
    assert answer.status_code == 400 or answer.json()["totalSize"] == 0
    assert not any(subject in answer.text for subject in subjects)
    for word in ("planted", "finding"):
        assert client.refusal(client.get(f"/sobjects/{word}/describe")) == NOT_FOUND
    assert "finding" not in client.get("/sobjects").text
