"""The HTTP session of one org. Every request of this program to an org goes through it.

A caller gets a JSON response, a value of a declared form (`ask`), or an OrgError. It never gets an error of
simple-salesforce or requests, whose text contains URL and body.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.answers import DailyCalls
from spendready_pipeline.salesforce.client.api_errors import (
    UnusableAnswer,
    api_error,
    network_error,
    undocumented_answer,
)
from spendready_pipeline.salesforce.client.budget import Budget
from spendready_pipeline.salesforce.client.guard import TOKEN_PATH, VERSIONS_PATH, Origin
from spendready_pipeline.salesforce.client.transport import RETRY_POLICY, OrgAdapter, is_json
from spendready_pipeline.salesforce.limits import Limits

REPEATS = 2
"""How often a request is repeated whose answer is not what Salesforce documents, mostly truncated JSON."""

DEFAULT_LIMITS = Limits()

Value = TypeVar("Value")


class OrgSession(requests.Session):
    """A session with one org.

    Args:
        org: The org's name, for messages.
        instance_url: The URL of the org; no request goes elsewhere.
        ca_bundle: A PEM file with roots to trust besides certifi's and those of the environment's
            `REQUESTS_CA_BUNDLE` (for an inspecting proxy).
        limits: How large answers may be, and how long they may take.

    Attributes:
        usage: The org's API calls according to the last response; None before one says so.
        budget: How many of them may be used; no limit until a run sets one.
        first_answer: The org's clock and this machine's at the first response that needed the access token; the
            org's is None where that response had no `Date`. None before there is one.
    """

    def __init__(
        self, org: str, instance_url: str, ca_bundle: Path | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        super().__init__()
        origin = Origin.of(instance_url)
        if origin is None:
            raise ConfigurationError(f"{org}: instance_url is not an https:// URL")
        self.org = org
        self.origin = origin
        self.usage: DailyCalls | None = None
        self.budget = Budget(org, percent=None)
        self._token = ""
        self.first_answer: tuple[datetime | None, datetime] | None = None
        self._noting = threading.Lock()
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "SpendReady"})
        # Without an auth of its own, requests would replace the access token with a .netrc entry.
        self.auth = self._authorize
        self._adapter = OrgAdapter(org, origin, ca_bundle, RETRY_POLICY, limits)
        # The environment's proxies, looked up once: requests would search the environment again for every request.
        self.proxies.update(get_environ_proxies(str(origin)))
        self.trust_env = False
        self.adapters.clear()
        self.mount("", self._adapter)

    @property
    def calls(self) -> int:
        """Requests sent to the data API so far, including retries."""
        return self._adapter.calls

    @property
    def token(self) -> str:
        """The access token of every request; empty until there is one. A secret."""
        return self._token

    @token.setter
    def token(self, token: str) -> None:
        """Sets the token.

        Raises:
            OrgError: It cannot be an access token: it does not fit an HTTP header.
        """
        if not answers.is_token(token):
            raise OrgError(
                f"{self.org}: the access token has characters that an access token cannot have",
                "Check its source: instance_url, the Salesforce CLI or the environment variable",
            )
        self._token = token

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests'
        """Sends a request of a kind that the guard allows.

        Raises:
            OrgError: The org could not be reached, did not answer with JSON, or the budget of API calls is used up;
                `SalesforceApiError` where it answered with an error.
        """
        if urlsplit(request.url or "").path != TOKEN_PATH:
            self.budget.check(self.usage)
        try:
            answer = super().send(request, **kwargs)
        except requests.RequestException as failure:
            raise network_error(self.org, str(self.origin), failure) from None
        self._note(request, answer)
        if answer.status_code != 200:
            raise api_error(self.org, answer, self.usage)
        if not is_json(answer):
            raise OrgError(
                f"{self.org}: {self.origin} answered with something other than JSON (HTTP {answer.status_code})",
                "Check instance_url, and whether a proxy or a sign-in page is in front of the org. Salesforce also "
                "answers this way during maintenance: see status.salesforce.com",
            )
        return answer

    def ask(
        self, question: str, send: Callable[[], requests.Response], read: Callable[[requests.Response], Value]
    ) -> Value:
        """Sends a request, and repeats it where the answer is not what Salesforce documents.

        Args:
            question: What is requested, for messages, e.g. `describe of User`.
            send: Sends the request.
            read: Reads the value from the response; raises `answers.Undocumented`.

        Raises:
            UnusableAnswer: No response could be read.
            OrgError: As `send`.
        """
        policy = RETRY_POLICY.new(total=REPEATS)
        while True:
            try:
                return read(send())
            except answers.Undocumented as fault:
                if not policy.total:
                    raise undocumented_answer(self.org, str(fault)).about(question) from None
            except UnusableAnswer as unusable:
                raise unusable.about(question) from None
            policy = policy.increment("GET")
            time.sleep(policy.get_backoff_time())

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token and urlsplit(request.url or "").path != TOKEN_PATH:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _note(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        # The list of versions needs no sign-in, so it does not show that the token was accepted.
        needed_token = "Authorization" in request.headers and urlsplit(request.url or "").path != VERSIONS_PATH
        with self._noting:
            self.usage = self._usage(answer) or self.usage
            if needed_token and answer.ok and self.first_answer is None:
                self.first_answer = (answers.moment(answer.headers.get("Date")), datetime.now(UTC))

    @staticmethod
    def _usage(answer: requests.Response) -> DailyCalls | None:
        """Reads the header; removes one that cannot be read, on which simple-salesforce would fail."""
        usage = answers.usage(answer.headers.get("Sforce-Limit-Info"))
        if usage is None:
            answer.headers.pop("Sforce-Limit-Info", None)
        return usage
