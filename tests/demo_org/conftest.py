"""A plain HTTPS client of the demo org, so that its tests see what goes over the wire and nothing else."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests

from demo_org.serve import DemoOrg

SignIn = Callable[..., "Client"]


class Client:
    """Signs in to an org and sends requests to one API version of it.

    Args:
        org: The org.
        version: The API version.
    """

    def __init__(self, org: DemoOrg, version: str = "67.0") -> None:
        self.org = org
        self.base = f"/services/data/v{version}"
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(org.ca_file)

    def token(self, **form: str) -> requests.Response:
        """Asks the token endpoint."""
        return self.http.post(f"{self.org.instance_url}/services/oauth2/token", data=form)

    def sign_in(self) -> "Client":
        """Signs in by client credentials."""
        answer = self.token(
            grant_type="client_credentials", client_id=self.org.client_id, client_secret=self.org.client_secret
        )
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    def sign_in_as(self, username: str) -> "Client":
        """Signs in as any user, by JWT bearer."""
        claims = {
            "iss": self.org.client_id,
            "sub": username,
            "aud": self.org.instance_url,
            "exp": int(time.time()) + 180,
        }
        assertion = jwt.encode(claims, self.org.private_key_file.read_text(), algorithm="RS256")
        answer = self.token(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion)
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends a request to a path of the org."""
        return self.http.request(method, f"{self.org.instance_url}{path}", **options)

    def get(self, resource: str, **params: str) -> requests.Response:
        """Gets a resource of the API version."""
        return self.send("GET", f"{self.base}{resource}", params=params)

    def query(self, soql: str, **headers: str) -> requests.Response:
        """Sends a query."""
        return self.send("GET", f"{self.base}/query", params={"q": soql}, headers=headers)

    def pages(self, soql: str, **headers: str) -> list[dict[str, Any]]:
        """Fetches all pages of a query."""
        pages = [self.query(soql, **headers).json()]
        while not pages[-1]["done"]:
            pages.append(self.send("GET", pages[-1]["nextRecordsUrl"]).json())
        return pages

    @staticmethod
    def refusal(answer: requests.Response) -> tuple[int, str, str]:
        """Gives the status, code and message of a refusal of the data API."""
        [error] = answer.json()
        assert error.keys() == {"message", "errorCode"}
        return answer.status_code, error["errorCode"], error["message"]

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """Fetches all records of a query."""
        return [record for page in self.pages(soql) for record in page["records"]]


@pytest.fixture
def sign_in() -> SignIn:
    """Signs a plain client in to an org."""

    def client(org: DemoOrg, version: str = "67.0") -> Client:
        return Client(org, version).sign_in()

    return client


@pytest.fixture
def sign_in_as() -> SignIn:
    """Signs a plain client in to an org as a user of one's choice."""

    def client(org: DemoOrg, username: str) -> Client:
        return Client(org).sign_in_as(username)

    return client


@pytest.fixture
def client(demo_org: DemoOrg) -> Client:
    """A plain client, signed in to the shared org."""
    return Client(demo_org).sign_in()


@pytest.fixture
def stranger(demo_org: DemoOrg) -> Client:
    """A plain client that has not signed in."""
    return Client(demo_org)
