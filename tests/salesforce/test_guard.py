"""Only reading leaves, only to the org, and never for a credential."""

from urllib.parse import quote_plus

import pytest
import requests

from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.salesforce.client.guard import ForbiddenRequest, Origin, check_request
from spendready_pipeline.salesforce.extract.soql import select

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
    with pytest.raises(ForbiddenRequest, match="a host other than"):
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
        ("GET", f"{DATA}/sobjects/User/describe?_HttpMethod=PATCH"),
        ("GET", f"{DATA}/limits/?_HttpMethod=DELETE"),
        ("GET", f"{DATA}/query?q=SELECT+Id+FROM+User&_HttpMethod=POST"),
        ("GET", f"{DATA}/query?_HttpMethod=POST&q=SELECT+Id+FROM+User"),
        ("GET", f"{DATA}/query/01gRO0000016PIAYA2-2000?_HttpMethod=PUT"),
        ("GET", f"{DATA}/query?q=SELECT+Id+FROM+User&q=SELECT+Id+FROM+Account"),
        ("GET", f"{DATA}/query"),
        ("GET", f"{ORG}/services/data/?_HttpMethod=POST"),
        ("GET", f"{ORG}/services/oauth2/userinfo?_HttpMethod=POST"),
        ("POST", f"{ORG}/services/oauth2/token?_HttpMethod=PATCH"),
        ("GET", f"{DATA}/sobjects/Account/describe"),
        ("GET", f"{DATA}/sobjects/User/describe/layouts"),
        ("GET", f"{ORG}/services/data/v66.1/limits"),
        ("GET", f"{ORG}/services/data/v\u0666\u0666.0/limits"),
        ("GET", f"{DATA}/query/01g%2f..%2f"),
        ("GET", f"{DATA}/queryAll?q=SELECT+Id+FROM+User"),
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


@pytest.mark.parametrize(
    "soql",
    [
        *(select(each.name, list(each.columns)) for each in OBJECTS),
        "SELECT Id, PermissionsSomethingNew FROM PermissionSet",
        "SELECT PermissionsViewAllUsers FROM UserPermissionAccess",
        "SELECT count() FROM LoginHistory WHERE LoginTime >= 2026-11-02T06:00:00Z AND LoginTime < 2026-12-02T06:00:00Z",
        "SELECT Username FROM User WHERE Id = '005000000000001AAA'",
        "SELECT Id FROM User WHERE Username = 'SELECT \\'x\\' FROM Account'",
        "SELECT Id FROM OauthToken WHERE UserId IN ('005000000000001','005000000000002') AND CreatedDate = null",
        "SELECT Id FROM User ORDER BY Id DESC LIMIT 1",
        "SELECT LoginType, LoginSubType, Browser, COUNT(Id) FROM LoginHistory WHERE LoginTime = LAST_N_DAYS:30 "
        "GROUP BY LoginType, LoginSubType, Browser",
    ],
)
def test_what_the_catalogue_has_may_be_asked(soql: str) -> None:
    check("GET", f"{DATA}/query?q={quote_plus(soql)}")


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id, ConsumerSecret FROM ConnectedApplication",
        "SELECT SessionId FROM AuthSession",
        "SELECT xAccessToken FROM OauthToken",
        "SELECT Id FROM Account",
        "SELECT Id FROM User WHERE Password = 'x'",
        "SELECT Id FROM User ORDER BY MobilePhone",
        "SELECT MobilePhone, COUNT(Id) FROM User GROUP BY MobilePhone",
        "SELECT MAX(MobilePhone) FROM User",
        "SELECT Profile.Name FROM User",
        "SELECT Id, (SELECT Id FROM PermissionSetAssignments) FROM User",
        "SELECT Id FROM User WHERE Id IN (SELECT AssigneeId FROM PermissionSetAssignment)",
        "SELECT Id FROM User, User.Contact c",
        "SELECT u.Id FROM User u",
        "SELECT Id FROM User FOR VIEW",
        "SELECT Id FROM User ALL ROWS",
        "SELECT Id FROM User; SELECT Id FROM User",
        "FIND {x}",
        "SELECT Id",
        "SELECT Id FROM",
        "",
        "SELECT Id FROM User WHERE Name = 'open",
        "SELECT \u0130d FROM User",
    ],
)
def test_a_query_of_anything_else_does_not_leave(soql: str) -> None:
    with pytest.raises(ForbiddenRequest, match="objects or fields outside the catalog"):
        check("GET", f"{DATA}/query?q={quote_plus(soql)}")


def test_a_body_that_names_a_credential_does_not_leave() -> None:
    with pytest.raises(ForbiddenRequest, match="credentials"):
        check("POST", f"{ORG}/services/oauth2/token", "q=SELECT DeleteToken FROM OauthToken")


def test_a_refusal_tells_nothing_of_the_query() -> None:
    with pytest.raises(ForbiddenRequest) as refused:
        check("GET", f"{DATA}/query?q=SELECT+AccessToken+FROM+OauthToken+WHERE+UserId='005SECRET'")
    assert "005SECRET" not in str(refused.value)
