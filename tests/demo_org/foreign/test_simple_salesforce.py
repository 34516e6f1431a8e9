"""simple-salesforce, which knows nothing of the demo org, notices no difference from a real one."""

import csv
import io

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceResourceNotFound,
)

LOGINS = "SELECT Id, LoginTime, Status FROM LoginHistory"


@pytest.fixture
def salesforce(demo_org, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(demo_org.ca_file))
    answer = requests.post(
        f"{demo_org.instance_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(demo_org.client_id, demo_org.client_secret),
        timeout=10,
    )
    return Salesforce(
        instance_url=answer.json()["instance_url"], session_id=answer.json()["access_token"], version="67.0"
    )


def test_queries(salesforce):
    one = salesforce.query("SELECT Id, Name, Profile.Name FROM User WHERE ProfileId != null LIMIT 1")
    assert (one["totalSize"], one["done"]) == (1, True)
    [user] = one["records"]
    assert user["attributes"]["type"] == "User"
    assert user["Profile"]["Name"]
    assert salesforce.User.get(user["Id"])["Name"] == user["Name"]
    assert salesforce.query("SELECT count() FROM User")["totalSize"] == 200


def test_paging(salesforce):
    everything = salesforce.query_all(LOGINS)
    assert everything["done"] is True
    assert len(everything["records"]) == everything["totalSize"] > 4000
    one_by_one = {record["Id"] for record in salesforce.query_all_iter(LOGINS)}
    assert one_by_one == {record["Id"] for record in everything["records"]}


def test_describes_and_limits(salesforce):
    names = {each["name"] for each in salesforce.describe()["sobjects"]}
    fields = {field["name"] for field in salesforce.OauthToken.describe()["fields"]}
    assert {"User", "OauthToken"} <= names
    assert {"UserId", "AppName", "LastUsedDate"} <= fields
    daily = salesforce.limits()["DailyApiRequests"]
    used = salesforce.api_usage["api-usage"]
    assert (used.used, used.total) == (daily["Max"] - daily["Remaining"], daily["Max"])


def test_bulk(salesforce):
    pages = list(salesforce.bulk2.LoginHistory.query(LOGINS, max_records=2000, wait=0.01))
    assert len(pages) > 2
    rows = [row for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert {row["Id"] for row in rows} == {record["Id"] for record in salesforce.query_all(LOGINS)["records"]}


def test_bulk_download(salesforce, tmp_path):
    files = salesforce.bulk2.User.download("SELECT Id FROM User", path=str(tmp_path), max_records=150, wait=0.01)
    assert [each["number_of_records"] for each in files] == [150, 50]


def test_refusals(salesforce):
    with pytest.raises(SalesforceMalformedRequest) as refused:
        salesforce.query("SELECT Nope FROM User")
    assert refused.value.content[0]["errorCode"] == "INVALID_FIELD"
    with pytest.raises(SalesforceResourceNotFound):
        salesforce.User.get("005000000000000AAA")
    with pytest.raises(SalesforceOperationError, match="can not be filtered"):
        list(salesforce.bulk2.LoginHistory.query(f"{LOGINS} WHERE Status = 'Success'", wait=0.01))
    salesforce.session_id = "00D!expired"
    salesforce.headers["Authorization"] = "Bearer 00D!expired"
    with pytest.raises(SalesforceExpiredSession):
        salesforce.query("SELECT Id FROM User")
