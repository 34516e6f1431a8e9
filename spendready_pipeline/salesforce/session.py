"""The HTTP session of one org. All that this program sends to an org leaves through it.

A caller gets a JSON answer or an OrgError, nothing else: what simple-salesforce would raise, with URL and body in
its text, never comes to be.
"""

import re
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.guard import TOKEN_PATH, VERSIONS_PATH, Origin
from spendready_pipeline.salesforce.refusals import refusal, unreachable
from spendready_pipeline.salesforce.transport import PATIENCE, OrgAdapter


class OrgSession(requests.Session):
    """A session with one org.

    Args:
        org: The org's name, for messages.
        instance_url: Where the org is; no request goes elsewhere.
        ca_bundle: A PEM file with roots to trust besides certifi's and those of the environment's
            `REQUESTS_CA_BUNDLE` (an inspecting proxy's).

    Attributes:
        token: The access token that each request carries, once there is one.
        usage: API calls used and allowed in 24 hours, as the last answer said; None before one did.
        first_answer: The org's clock and this machine's at the first answer that needed the access token; the
            org's is None where that answer had no `Date`. None before there was one.
    """

    def __init__(self, org: str, instance_url: str, ca_bundle: Path | None = None) -> None:
        super().__init__()
        origin = Origin.of(instance_url)
        if origin is None:
            raise ConfigurationError(f"{org}: instance_url is not an https:// URL")
        self.org = org
        self.origin = origin
        self.token = ""
        self.usage: tuple[int, int] | None = None
        self.first_answer: tuple[datetime | None, datetime] | None = None
        self._noting = threading.Lock()
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "SpendReady"})
        # An auth of its own, or requests would put a .netrc entry in the place of the access token.
        self.auth = self._authorize
        self._adapter = OrgAdapter(org, origin, ca_bundle, PATIENCE)
        self.adapters.clear()
        self.mount("", self._adapter)

    @property
    def calls(self) -> int:
        """Requests to the data API that left so far, repeated ones included."""
        return self._adapter.calls

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests'
        """Sends a request of the kinds that the guard lets pass.

        Raises:
            OrgError: The org could not be reached, or did not answer with JSON; `OrgRefusal` where it answered
                with an error.
        """
        try:
            answer = super().send(request, **kwargs)
        except requests.RequestException as failure:
            raise unreachable(self.org, str(self.origin), failure) from None
        self._note(request, answer)
        if answer.status_code >= 400:
            raise refusal(self.org, answer, self.usage)
        if "json" not in answer.headers.get("Content-Type", ""):
            raise OrgError(
                f"{self.org}: {self.origin} answered with something else than JSON (HTTP {answer.status_code})",
                "Check instance_url, and whether a proxy or a sign-in page stands before the org",
            )
        return answer

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token and urlsplit(request.url or "").path != TOKEN_PATH:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _note(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        # The list of versions is answered without sign-in: it does not show that the token was accepted.
        needed_token = "Authorization" in request.headers and urlsplit(request.url or "").path != VERSIONS_PATH
        with self._noting:
            self.usage = _usage(answer) or self.usage
            if needed_token and answer.ok and self.first_answer is None:
                self.first_answer = (_date(answer), datetime.now(UTC))


def _usage(answer: requests.Response) -> tuple[int, int] | None:
    """Reads `Sforce-Limit-Info`, e.g. `api-usage=10018/100000`; a per-app figure may stand beside it."""
    said = re.search(r"(?:^|[\s,;])api-usage=(\d+)/(\d+)", answer.headers.get("Sforce-Limit-Info", ""))
    return (int(said[1]), int(said[2])) if said else None


def _date(answer: requests.Response) -> datetime | None:
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
