"""The one way out to an org: guards each request, verifies the host, bounds each answer, repeats what may pass."""

import io
import os
import ssl
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util import Retry, create_urllib3_context

from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.api_errors import (
    PASSING_STATUSES,
    RunDeadlineExceeded,
    causes,
    too_large,
    too_slow,
)
from spendready_pipeline.salesforce.client.bounds import (
    Damaged,
    DeadlineSocket,
    TooLarge,
    read_at_most,
    reading_until,
    unpacked,
)
from spendready_pipeline.salesforce.client.guard import VERSIONS_PATH, Origin, check_redirect, check_request
from spendready_pipeline.salesforce.limits import Limits

CONNECT_SECONDS = 10.0
READ_SECONDS = 150.0
"""Salesforce lets a query execute for two minutes before it gives up (App Limits Cheatsheet)."""
SECONDS_A_MINUTE, SECONDS_AN_HOUR = 60.0, 3600.0
CONCURRENT_REQUESTS = 8
"""Requests of less than 20 seconds, as one for a page of rows is, are not limited. Of longer ones a production org
lets 25 run at once, a developer org 5; one more is refused, and sent again (App Limits Cheatsheet, Concurrent API
Requests)."""
PATIENCE = Retry(total=5, backoff_factor=0.5, backoff_jitter=0.5, retry_after_max=60)
"""How often a request is repeated, and after how long: at once, then 1, 2, 4, 8 seconds, or as Salesforce asks."""
DESCRIBE_FACTOR = 16
"""How much larger a description may be than other answers: it grows with the org. That of PermissionSet has 0.75 MB in
a developer org, and User's names each object that refers to a user."""


class OrgAdapter(HTTPAdapter):
    """Carries requests to one org, and nowhere else.

    Args:
        org: The org's name, for messages.
        origin: Where it is.
        ca_bundle: A PEM file with roots to trust besides.
        patience: How often to repeat, and how long to wait.
        limits: How large an answer may be, and how long an answer and all of them may take.

    Attributes:
        calls: Requests to the data API that left, repeated ones included.
    """

    def __init__(self, org: str, origin: Origin, ca_bundle: Path | None, patience: Retry, limits: Limits) -> None:
        self.calls = 0
        self._org = org
        self._limits = limits
        self._ends_at = time.monotonic() + limits.run_hours * SECONDS_AN_HOUR
        self._origin = origin
        self._context = _trusting(org, ca_bundle)
        self._patience = patience
        self._slots = threading.BoundedSemaphore(CONCURRENT_REQUESTS)
        self._counting = threading.Lock()
        super().__init__(pool_maxsize=CONCURRENT_REQUESTS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests has it
        """Gives every pool the roots that are trusted here."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        """Gives every pool behind a proxy the roots that are trusted here."""
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ANN401 - as requests has it
        """Leaves the roots as they are: the context has them, and requests would read its own again each time."""

    def send(  # type: ignore[override]  # what else a caller may ask (verify, timeout) is decided here
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        *,
        proxies: dict[str, str] | None = None,
        **_: object,
    ) -> requests.Response:
        """Sends a request and gives the answer, its body read.

        The environment's `REQUESTS_CA_BUNDLE` would win over a session's `verify`; so neither counts here.

        Args:
            request: The request.
            stream: A page of a query is asked for: its body stays compressed.
            proxies: Proxies on the way.

        Raises:
            ForbiddenRequest: The guard refused it, or the redirect that it was answered with.
            UnusableAnswer: The answer has more bytes than the limits allow, or was not complete in time.
            RunDeadlineExceeded: The run has taken longer than the limits allow.
            requests.RequestException: The org could not be reached, however often it was tried.
        """
        check_request(self._org, self._origin, request)
        patience = self._patience
        while True:
            outcome = self._attempt(request, proxies, stream)
            if not patience.total or not _may_pass(request, outcome):
                break
            patience = patience.increment(request.method)
            _wait(patience, outcome)
        if isinstance(outcome, requests.RequestException):
            raise outcome
        check_redirect(self._org, self._origin, outcome)
        return outcome

    def check_run_deadline(self) -> None:
        """Makes sure that the run may go on.

        Raises:
            RunDeadlineExceeded: It has taken longer than the limits allow.
        """
        if time.monotonic() >= self._ends_at:
            raise RunDeadlineExceeded(self._org, self._limits.run_hours)

    def _attempt(
        self, request: requests.PreparedRequest, proxies: dict[str, str] | None, is_page: bool
    ) -> requests.Response | requests.RequestException:
        self.check_run_deadline()
        if (request.path_url or "").startswith(VERSIONS_PATH + "v"):
            with self._counting:
                self.calls += 1
        with self._slots:
            until = min(time.monotonic() + self._limits.answer_minutes * SECONDS_A_MINUTE, self._ends_at)
            try:
                with reading_until(until):
                    answer = super().send(
                        request, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS), verify=True, proxies=proxies
                    )
                    return self._read_whole(request, answer, is_page)
            except (requests.RequestException, HTTPError) as failure:
                if time.monotonic() >= until:
                    self.check_run_deadline()
                    raise too_slow(self._org, self._limits.answer_minutes) from None
                if isinstance(failure, requests.RequestException):
                    return failure
                return requests.ConnectionError(failure, request=request)

    def _read_whole(
        self, request: requests.PreparedRequest, answer: requests.Response, is_page: bool
    ) -> requests.Response:
        """Reads a body here, so that a connection lost in its middle is noticed and repeated here.

        A page keeps its compressed form. Any other body is unpacked; an error page that cannot be, or is too large,
        counts as empty, because its status says enough.
        """
        is_page = is_page and answer.status_code == 200
        most = self._most_bytes(request, is_page)
        raw, headers = answer.raw, answer.raw.headers
        try:
            body = read_at_most(raw, most)
            raw.release_conn()
            if not is_page:
                body = _plain(body, headers.get("Content-Encoding", ""), most)
        except TooLarge:
            raw.close()
            if answer.ok:
                raise too_large(self._org, most) from None
            body = b""
        headers = headers.copy()
        for about_the_wire in ("Content-Length", "Transfer-Encoding", *(() if is_page else ("Content-Encoding",))):
            headers.discard(about_the_wire)
        # Status 200, whatever the answer's is: urllib3 reads no body of a 204 or a 304.
        answer.raw = urllib3.HTTPResponse(
            io.BytesIO(body), headers, 200, reason=raw.reason, preload_content=False, request_method="GET"
        )
        return answer

    def _most_bytes(self, request: requests.PreparedRequest, is_page: bool) -> int:
        if is_page:
            return self._limits.page_bytes
        describes = (request.path_url or "").rstrip("/").endswith("/describe")
        return self._limits.answer_bytes * (DESCRIBE_FACTOR if describes else 1)


def _plain(body: bytes, encoding: str, most: int) -> bytes:
    """Unpacks a body; an empty one where it is not what its header says.

    Raises:
        TooLarge: It has too many bytes.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            try:
                return b"".join(unpacked(body, most))
            except (Damaged, EOFError):
                return b""
        case _:
            return b""


def _trusting(org: str, ca_bundle: Path | None) -> ssl.SSLContext:
    """Gives a context that trusts certifi's roots, an inspecting proxy's from the environment, and `ca_bundle`'s."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.sslsocket_class = DeadlineSocket
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    environment = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    for source, name in ((environment, "REQUESTS_CA_BUNDLE"), (ca_bundle, "ca_bundle")):
        if not source:
            continue
        place = Path(source)
        try:
            context.load_verify_locations(**{"capath" if place.is_dir() else "cafile": str(place)})
        except OSError:
            raise ConfigurationError(
                f"{org}: the certificates of {name} cannot be read from {place}", "Name a file of PEM certificates"
            ) from None
    return context


def _may_pass(request: requests.PreparedRequest, outcome: requests.Response | requests.RequestException) -> bool:
    """Tells whether a trouble may pass and the request be repeated: reading always, signing in if it did not arrive."""
    reads = request.method == "GET"
    if isinstance(outcome, SSLError):
        return reads and "CERTIFICATE_VERIFY_FAILED" not in str(outcome)
    if isinstance(outcome, requests.RequestException):
        kinds = {type(cause) for cause in causes(outcome)}
        return reads or (NewConnectionError in kinds and NameResolutionError not in kinds)
    if not reads and _token_endpoint_failed(outcome):
        return True
    if outcome.status_code == 500:
        return reads and b"QUERY_TIMEOUT" not in outcome.content
    if outcome.status_code == 403:
        # Too many at once passes; the day's calls used up ("TotalRequests") does not.
        return b"REQUEST_LIMIT_EXCEEDED" in outcome.content and b"Concurrent" in outcome.content
    is_web_page = outcome.status_code == 200 and not is_json(outcome)
    return reads and (is_web_page or outcome.status_code in PASSING_STATUSES)


def _token_endpoint_failed(answer: requests.Response) -> bool:
    """Tells whether the token endpoint itself failed, rather than refused: it says so, or sends a maintenance page."""
    is_page = answer.status_code == 200 and "html" in answer.headers.get("Content-Type", "")
    failed = answer.status_code == 500 or answer.status_code in PASSING_STATUSES
    return is_page or failed or b'"unknown_error"' in answer.content


def is_json(answer: requests.Response) -> bool:
    """Tells whether an answer calls itself JSON; during maintenance a web page comes, with status 200 even."""
    return "json" in answer.headers.get("Content-Type", "").lower()


def _wait(patience: Retry, outcome: requests.Response | requests.RequestException) -> None:
    """Waits as long as Salesforce asks, else a little longer each time; never longer than the policy allows."""
    header = outcome.headers.get("Retry-After") if isinstance(outcome, requests.Response) else None
    seconds = answers.retry_after(header, datetime.now(UTC)) or patience.get_backoff_time()
    time.sleep(min(seconds, patience.retry_after_max))
