"""Signing in at the wire: each flow, each refusal in Salesforce's words, and who the client then is."""

import base64
import hashlib
import hmac
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from demo_org.sessions import IDLE_SECONDS, Sessions
from demo_org.soql.engine import Reader

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
COMMON = {"access_token", "scope", "instance_url", "id", "token_type"}


def assertion(org, key=None, algorithm="RS256", **claims):
    """An assertion as a client signs it, with claims of one's own (None: left out)."""
    all_claims = {
        "iss": org.client_id,
        "sub": org.username,
        "aud": org.instance_url,
        "exp": int(time.time()) + 180,
        **claims,
    }
    kept = {name: value for name, value in all_claims.items() if value is not None}
    return jwt.encode(kept, key or org.private_key_file.read_text(), algorithm=algorithm)


def refused(answer):
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"error", "error_description"}
    return body["error"], body["error_description"]


def credentials(org):
    return {"client_id": org.client_id, "client_secret": org.client_secret}


def check_token_works(client, answer):
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["instance_url"] == client.org.instance_url
    assert body["access_token"].startswith("00D")
    assert body["access_token"][15] == "!"
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    who = client.send("GET", "/services/oauth2/userinfo", headers=headers).json()
    assert who["preferred_username"] == client.org.username
    assert body["id"] == who["sub"]
    return body


def test_client_credentials_in_the_body(stranger):
    answer = stranger.token(grant_type="client_credentials", **credentials(stranger.org))
    body = check_token_works(stranger, answer)
    assert body.keys() == COMMON | {"issued_at", "signature", "api_instance_url"}
    assert "no-store" in answer.headers["Cache-Control"]


def test_client_credentials_by_basic_header(stranger):
    org = stranger.org
    answer = stranger.http.post(
        f"{org.instance_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(org.client_id, org.client_secret),
    )
    check_token_works(stranger, answer)


def test_the_signature_proves_identity_and_moment(stranger):
    body = stranger.token(grant_type="client_credentials", **credentials(stranger.org)).json()
    signed = (body["id"] + body["issued_at"]).encode()
    expected = hmac.new(stranger.org.client_secret.encode(), signed, hashlib.sha256).digest()
    assert base64.b64decode(body["signature"]) == expected
    assert int(body["issued_at"]) == int(stranger.org.now.timestamp() * 1000)


def test_refresh_token(stranger):
    answer = stranger.token(
        grant_type="refresh_token", refresh_token=stranger.org.refresh_token, **credentials(stranger.org)
    )
    assert check_token_works(stranger, answer).keys() == COMMON | {"issued_at", "signature"}


@pytest.mark.parametrize("audience", ["", "https://login.salesforce.com"], ids=["own url", "login host"])
def test_jwt_bearer(stranger, audience):
    signed = assertion(stranger.org, aud=audience or stranger.org.instance_url)
    answer = stranger.token(grant_type=JWT_BEARER, assertion=signed)
    assert check_token_works(stranger, answer).keys() == COMMON


def test_jwt_bearer_signs_in_whoever_it_names(client):
    someone = client.rows("SELECT Id, Username FROM User WHERE IsActive = true AND ProfileId != null LIMIT 1")[0]
    signed = assertion(client.org, sub=someone["Username"].upper())
    body = client.token(grant_type=JWT_BEARER, assertion=signed).json()
    assert body["id"].endswith(f"/{someone['Id']}")


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"aud": "https://elsewhere.example"}, ("invalid_grant", "Audience validation failed")),
        ({"aud": "https://test.salesforce.com"}, ("invalid_grant", "Audience validation failed")),
        ({"aud": None}, ("invalid_grant", "invalid assertion")),
        ({"exp": 1_700_000_000}, ("invalid_grant", "expired authorization code")),
        ({"exp": 4_000_000_000}, ("invalid_grant", "invalid assertion")),
        ({"exp": None}, ("invalid_grant", "invalid assertion")),
        ({"sub": "nobody@example.com"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"iss": "3MVG9another"}, ("invalid_client_id", "client identifier invalid")),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value[0],
)
def test_an_assertion_is_refused(stranger, claims, expected):
    answer = stranger.token(grant_type=JWT_BEARER, assertion=assertion(stranger.org, **claims))
    assert refused(answer) == expected


def test_an_assertion_needs_the_apps_own_key_and_rs256(stranger):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        assertion(stranger.org, key=other),
        assertion(stranger.org, key="x" * 40, algorithm="HS256"),
        assertion(stranger.org)[:-8],
        "no assertion",
        "",
    ]
    for each in forged:
        answer = stranger.token(grant_type=JWT_BEARER, assertion=each)
        assert refused(answer) == ("invalid_grant", "invalid assertion")


def test_a_deactivated_user_cannot_sign_in(serve_demo_org, sign_in):
    client = sign_in(serve_demo_org())
    org = client.org
    org.change(f"""update org."User" set "IsActive" = false where "Username" = '{org.username}'""")
    answers = [
        client.token(grant_type="client_credentials", **credentials(org)),
        client.token(grant_type="refresh_token", refresh_token=org.refresh_token, **credentials(org)),
        client.token(grant_type=JWT_BEARER, assertion=assertion(org)),
    ]
    assert [refused(each) for each in answers] == [
        ("invalid_grant", "no client credentials user enabled"),
        ("inactive_user", "user is inactive"),
        ("invalid_grant", "user hasn't approved this consumer"),
    ]


@pytest.mark.parametrize("flow", ["client_credentials", "refresh_token"])
@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"client_secret": "wrong"}, ("invalid_client", "invalid client credentials")),
        ({"client_id": "3MVG9another"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_id": ""}, ("invalid_client_id", "client identifier invalid")),
    ],
    ids=["secret", "client", "no client"],
)
def test_wrong_client_credentials(stranger, flow, wrong, expected):
    form = credentials(stranger.org) | {"refresh_token": stranger.org.refresh_token} | wrong
    assert refused(stranger.token(grant_type=flow, **form)) == expected


def test_client_credentials_need_the_secret(stranger):
    answer = stranger.token(grant_type="client_credentials", client_id=stranger.org.client_id)
    assert refused(answer) == ("invalid_client", "invalid client credentials")


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /w=="])
def test_a_garbled_basic_header(stranger, header):
    answer = stranger.send(
        "POST",
        "/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
    )
    assert refused(answer) == ("invalid_client", "invalid client credentials")


def test_a_wrong_refresh_token(stranger):
    for token in ("5Aep861wrong", ""):
        answer = stranger.token(grant_type="refresh_token", refresh_token=token, **credentials(stranger.org))
        assert refused(answer) == ("invalid_grant", "expired access/refresh token")


@pytest.mark.parametrize("grant_type", ["device", "magic", ""])
def test_flows_that_the_org_does_not_offer(stranger, grant_type):
    answer = stranger.token(grant_type=grant_type, **credentials(stranger.org))
    assert refused(answer) == ("unsupported_grant_type", "grant type not supported")


def test_username_and_password_are_refused_as_in_new_orgs(stranger):
    answer = stranger.token(
        grant_type="password", username=stranger.org.username, password="secret", **credentials(stranger.org)
    )
    assert refused(answer) == ("invalid_grant", "authentication failure")


def test_the_token_endpoint_wants_post(stranger):
    answer = stranger.send("GET", "/services/oauth2/token")
    assert refused(answer) == ("invalid_request", "must use HTTP POST")


def test_no_refusal_repeats_what_was_sent(stranger):
    org = stranger.org
    sent = ("s3cr3t-client", "s3cr3t-refresh", "s3cr3t-password")
    answers = [
        stranger.token(grant_type="client_credentials", client_id=org.client_id, client_secret=sent[0]),
        stranger.token(grant_type="refresh_token", client_id=org.client_id, refresh_token=sent[1]),
        stranger.token(grant_type="password", username="someone", password=sent[2]),
    ]
    assert not any(secret in answer.text for answer in answers for secret in sent)


def test_identity_tells_who_the_user_is_to_that_user_alone(client, stranger):
    identity_url = client.send("GET", "/services/oauth2/userinfo").json()["sub"]
    path = identity_url.removeprefix(client.org.instance_url)
    assert client.send("GET", path).json()["username"] == client.org.username
    for answer in (
        stranger.send("GET", path),
        stranger.send("GET", "/services/oauth2/userinfo"),
        client.send("GET", path[:-3] + "XXX"),
    ):
        assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")


def test_a_session_ends_after_two_hours_without_a_call():
    seconds = 0.0
    sessions = Sessions("00D000000000001AAA", clock=lambda: seconds)
    token = sessions.open(Reader("005000000000001AAA", frozenset())).token
    seconds += IDLE_SECONDS
    assert sessions.find(token)
    seconds += IDLE_SECONDS
    assert sessions.find(token)
    seconds += IDLE_SECONDS + 1
    assert sessions.find(token) is None
    seconds -= IDLE_SECONDS
    assert sessions.find(token) is None


def test_permissions_are_those_of_assignments_in_force(serve_demo_org, sign_in):
    org = serve_demo_org()
    asked = "SELECT PermissionsViewSetup, PermissionsApiEnabled FROM UserPermissionAccess"
    assert sign_in(org).rows(asked)[0]["PermissionsViewSetup"] is True
    held = f"""
        "AssigneeId" = (select "Id" from org."User" where "Username" = '{org.username}') and "PermissionSetId" in
        (select "Id" from org."PermissionSet" where "PermissionsViewSetup")
    """
    for change, expected in (
        ('"IsRevoked" = true', False),
        ('"IsRevoked" = false, "ExpirationDate" = timestamptz \'2026-11-02 06:00:00+00\'', False),
        ("\"ExpirationDate\" = timestamptz '2026-11-02 06:00:01+00'", True),
        ('"IsActive" = false', False),
    ):
        org.change(f'update org."PermissionSetAssignment" set {change} where {held}')
        org.change('update org."PermissionSet" set "PermissionsApiEnabled" = true where "IsOwnedByProfile"')
        assert sign_in(org).rows(asked)[0]["PermissionsViewSetup"] is expected


def test_a_group_gives_the_permissions_of_its_aggregated_set(serve_demo_org, sign_in):
    org = serve_demo_org()
    asked = "SELECT PermissionsModifyAllData FROM UserPermissionAccess"
    reader = f"""(select "Id" from org."User" where "Username" = '{org.username}')"""
    org.change(
        """insert into org."PermissionSet" ("Id", "PermissionSetGroupId", "PermissionsModifyAllData")
        values ('0PS_aggregated', '0PG_group', true), ('0PS_of_nobody', null, true)"""
    )
    assert sign_in(org).rows(asked)[0]["PermissionsModifyAllData"] is False
    org.change(
        f"""insert into org."PermissionSetAssignment" ("Id", "AssigneeId", "PermissionSetGroupId", "IsActive")
        values ('0Pa_group', {reader}, '0PG_group', true)"""
    )
    assert sign_in(org).rows(asked)[0]["PermissionsModifyAllData"] is True
    org.change("""update org."PermissionSet" set "HasActivationRequired" = true where "Id" = '0PS_aggregated'""")
    assert sign_in(org).rows(asked)[0]["PermissionsModifyAllData"] is False
