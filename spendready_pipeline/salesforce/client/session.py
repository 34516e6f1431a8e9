"""The HTTP session of one org. All that this program sends to an org leaves through it.

A caller gets a JSON answer, a value of a declared form (`ask`), or an OrgError, nothing else: what simple-salesforce
or requests would raise, with URL and body in its text, never comes to be.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.answers import DailyCalls
from spendready_pipeline.salesforce.client.api_errors import UnusableAnswer, refusal, undocumented, unreachable
from spendready_pipeline.salesforce.client.budget import Budget
from spendready_pipeline.salesforce.client.guard import TOKEN_PATH, VERSIONS_PATH, Origin
from spendready_pipeline.salesforce.client.transport import PATIENCE, OrgAdapter, is_json
from spendready_pipeline.salesforce.limits import Limits

ASKED_AGAIN = 2
"""How often a question is asked again whose answer was not what Salesforce documents: truncated JSON, mostly."""

DEFAULT_LIMITS = Limits()

Value = TypeVar("Value")


class OrgSession(requests.Session):
    """A session with one org.

    Args:
        org: The org's name, for messages.
        instance_url: Where the org is; no request goes elsewhere.
        ca_bundle: A PEM file with roots to trust besides certifi's and those of the environment's
            `REQUESTS_CA_BUNDLE` (an inspecting proxy's).
        limits: How large answers may be, and how long they may take.

    Attributes:
        usage: The org's API calls, as the last answer told; None before one did.
        budget: How many of them may be used; no bound until a run sets one.
        first_answer: The org's clock and this machine's at the first answer that needed the access token; the
            org's is None where that answer had no `Date`. None before there was one.
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
        # An auth of its own, or requests would put a .netrc entry in the place of the access token.
        self.auth = self._authorize
        self._adapter = OrgAdapter(org, origin, ca_bundle, PATIENCE, limits)
        self.adapters.clear()
        self.mount("", self._adapter)

    @property
    def calls(self) -> int:
        """Requests to the data API that left so far, repeated ones included."""
        return self._adapter.calls

    @property
    def token(self) -> str:
        """The access token that each request carries; empty until there is one. A secret."""
        return self._token

    @token.setter
    def token(self, token: str) -> None:
        """Takes a token.

        Raises:
            OrgError: It cannot be one: an HTTP header does not carry it.
        """
        if not answers.is_token(token):
            raise OrgError(
                f"{self.org}: the access token has characters that no access token has",
                "Check where it comes from: instance_url, the Salesforce CLI or the environment variable",
            )
        self._token = token

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests'
        """Sends a request of the kinds that the guard lets pass.

        Raises:
            OrgError: The org could not be reached, did not answer with JSON, or its API calls are used as far as the
                budget goes; `OrgRefusal` where it answered with an error.
        """
        if urlsplit(request.url or "").path != TOKEN_PATH:
            self.budget.check(self.usage)
        try:
            answer = super().send(request, **kwargs)
        except requests.RequestException as failure:
            raise unreachable(self.org, str(self.origin), failure) from None
        self._note(request, answer)
        if answer.status_code != 200:
            raise refusal(self.org, answer, self.usage)
        if not is_json(answer):
            raise OrgError(
                f"{self.org}: {self.origin} answered with something else than JSON (HTTP {answer.status_code})",
                "Check instance_url, and whether a proxy or a sign-in page stands before the org; during maintenance "
                "Salesforce answers so, too: see status.salesforce.com",
            )
        return answer

    def ask(
        self, question: str, send: Callable[[], requests.Response], read: Callable[[requests.Response], Value]
    ) -> Value:
        """Asks a question, and again where the answer is not what Salesforce documents.

        Args:
            question: What is asked, for messages, e.g. `describe of User`.
            send: Sends the request.
            read: Reads the value from the answer; raises `answers.Undocumented`.

        Raises:
            UnusableAnswer: Salesforce answered so each time.
            OrgError: As `send`.
        """
        patience = PATIENCE.new(total=ASKED_AGAIN)
        while True:
            try:
                return read(send())
            except answers.Undocumented as fault:
                if not patience.total:
                    raise undocumented(self.org, str(fault)).about(question) from None
            except UnusableAnswer as unusable:
                raise unusable.about(question) from None
            patience = patience.increment("GET")
            time.sleep(patience.get_backoff_time())

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token and urlsplit(request.url or "").path != TOKEN_PATH:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _note(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        # The list of versions is answered without sign-in: it does not show that the token was accepted.
        needed_token = "Authorization" in request.headers and urlsplit(request.url or "").path != VERSIONS_PATH
        with self._noting:
            self.usage = self._usage(answer) or self.usage
            if needed_token and answer.ok and self.first_answer is None:
                self.first_answer = (answers.moment(answer.headers.get("Date")), datetime.now(UTC))

    @staticmethod
    def _usage(answer: requests.Response) -> DailyCalls | None:
        """Reads the header; one that cannot be read is removed, as simple-salesforce would break on it."""
        usage = answers.usage(answer.headers.get("Sforce-Limit-Info"))
        if usage is None:
            answer.headers.pop("Sforce-Limit-Info", None)
        return usage
