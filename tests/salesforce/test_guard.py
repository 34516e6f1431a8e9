"""Only reading leaves, only to the org, and never for a credential."""

import pytest
import requests

from spendready_pipeline.salesforce.guard import ForbiddenRequest, Origin, check_request

ORG = "https://acme.my.salesforce.com"
DATA = f"{ORG}/services/data/v66.0"


def check(method: str, url: str, body: str | None = None) -> None:
    request = requests.Request(method, url, data=body).prepare()
    request.url = url  # as it is written, where preparing would tidy it up
    origin = Origin.of(ORG)
    assert origin is not None
    check_request("acme", origin, request)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{ORG}/services/data/"),
        ("GET", f"{ORG}:443/services/data"),
        ("GET", "https://ACME.my.salesforce.com/services/data"),
        ("GET", f"{DATA}/limits/"),
        ("GET", f"{DATA}/sobjects/OauthToken/describe"),
        ("GET", f"{DATA}/query?q=SELECT+Id%2C+AppName+FROM+OauthToken"),
        ("GET", f"{DATA}/query/01gRO0000016PIAYA2-2000"),
        ("GET", f"{ORG}/services/oauth2/userinfo"),
        ("POST", f"{ORG}/services/oauth2/token"),
    ],
)
def test_reading_and_signing_in_pass(method: str, url: str) -> None:
    check(method, url)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        pytest.param("GET", "https://evil.example/services/data/", id="another host"),
        pytest.param("GET", "http://acme.my.salesforce.com/services/data/", id="not encrypted"),
        pytest.param("GET", f"{ORG}:8443/services/data/", id="another port"),
        pytest.param("GET", "https://acme.my.salesforce.com@evil.example/services/data/", id="host as user name"),
        pytest.param("GET", "https://acme.my.salesforce.com.evil.example/services/data/", id="host as prefix"),
        pytest.param("POST", "https://evil.example/services/oauth2/token", id="credentials elsewhere"),
    ],
)
def test_nothing_leaves_for_another_place(method: str, url: str) -> None:
    with pytest.raises(ForbiddenRequest, match="another place"):
        check(method, url)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("DELETE", f"{DATA}/sobjects/AuthSession/0Ak000000000001"),
        ("PATCH", f"{DATA}/sobjects/User/005000000000001"),
        ("POST", f"{DATA}/sobjects/User"),
        ("POST", f"{DATA}/composite"),
        ("POST", f"{DATA}/jobs/query"),
        ("PUT", f"{DATA}/query?q=x"),
        ("POST", f"{DATA}/query?q=x&_HttpMethod=PATCH"),
        ("POST", f"{ORG}/services/oauth2/revoke"),
        ("POST", f"{ORG}/services/oauth2/token/../revoke"),
        ("GET", f"{ORG}/services/oauth2/revoke?token=x"),
        ("GET", f"{DATA}/sobjects/OauthToken/0CQ000000000001"),
        ("GET", f"{DATA}/sobjects/OauthToken"),
        ("GET", f"{DATA}/composite/sobjects/OauthToken?ids=0CQ"),
        ("GET", f"{DATA}/query/../sobjects/OauthToken/0CQ000000000001"),
        ("GET", f"{DATA}/query/%2e%2e/sobjects/OauthToken/0CQ000000000001"),
        ("GET", f"{DATA}//sobjects/OauthToken/0CQ000000000001/describe"),
        ("GET", f"{ORG}/secur/frontdoor.jsp?sid=x"),
        ("GET", f"{ORG}/services/apexrest/anything"),
    ],
)
def test_what_might_do_more_than_read_does_not_leave(method: str, url: str) -> None:
    with pytest.raises(ForbiddenRequest, match="only read"):
        check(method, url)


@pytest.mark.parametrize("secret", ["AccessToken", "RequestToken", "DeleteToken"])
@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id, {} FROM OauthToken",
        "SELECT Id FROM OauthToken WHERE {} LIKE 'a%25'",
        "SELECT Id,{}\nFROM OauthToken",
        "SELECT (SELECT {} FROM OauthTokens) FROM User",
        "SELECT o.{} FROM OauthToken o",
    ],
)
@pytest.mark.parametrize("spelled", [str, str.lower, str.upper], ids=["as is", "lower", "upper"])
@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.replace(" ", "+"),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
        lambda text: "".join(f"%25{byte:02X}" for byte in text.encode()),
    ],
    ids=["plain", "encoded", "encoded twice"],
)
def test_no_credential_is_selected_however_it_is_written(secret, soql, spelled, encoded) -> None:
    with pytest.raises(ForbiddenRequest, match="credentials"):
        check("GET", f"{DATA}/query?q={encoded(spelled(soql.format(secret)))}")


@pytest.mark.parametrize("what", ["FIELDS(ALL)", "fields(standard)", "FIELDS (CUSTOM)", "Fields%28All%29"])
def test_no_query_selects_all_fields(what: str) -> None:
    with pytest.raises(ForbiddenRequest, match="credentials"):
        check("GET", f"{DATA}/query?q=SELECT+{what}+FROM+OauthToken+LIMIT+200")


def test_a_body_that_names_a_credential_does_not_leave() -> None:
    with pytest.raises(ForbiddenRequest, match="credentials"):
        check("POST", f"{ORG}/services/oauth2/token", "q=SELECT DeleteToken FROM OauthToken")


def test_a_refusal_tells_nothing_of_the_query() -> None:
    with pytest.raises(ForbiddenRequest) as refused:
        check("GET", f"{DATA}/query?q=SELECT+AccessToken+FROM+OauthToken+WHERE+UserId='005SECRET'")
    assert "005SECRET" not in str(refused.value)
