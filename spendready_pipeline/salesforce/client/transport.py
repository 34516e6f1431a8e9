"""The only way out to an org: guards each request, verifies the host, limits each answer, retries failures."""

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
    RETRYABLE_STATUSES,
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
"""Salesforce lets a query run for two minutes before it gives up (App Limits Cheatsheet)."""
SECONDS_PER_MINUTE, SECONDS_PER_HOUR = 60.0, 3600.0
CONCURRENT_REQUESTS = 8
"""Requests shorter than 20 seconds, such as one for a page of rows, are not limited. A production org allows 25 longer
ones at once, a developer org 5; one more is refused and retried (App Limits Cheatsheet, Concurrent API Requests)."""
RETRY_POLICY = Retry(total=5, backoff_factor=0.5, backoff_jitter=0.5, retry_after_max=60)
"""How often and after how long a request is retried: at once, then 1, 2, 4, 8 seconds, or as Salesforce asks."""
DESCRIBE_FACTOR = 16
"""How much larger a description may be than other answers: it grows with the org. That of PermissionSet has 0.75 MB in
a developer org, and that of User names each object that refers to a user."""


class OrgAdapter(HTTPAdapter):
    """Sends requests to one org, and nowhere else.

    Args:
        org: The org's name, for messages.
        origin: The origin of the org.
        ca_bundle: A PEM file with further roots to trust.
        policy: How often to retry, and how long to wait.
        limits: How large an answer may be, and how long one answer and all of them may take.

    Attributes:
        calls: Requests sent to the data API, including retries.
    """

    def __init__(self, org: str, origin: Origin, ca_bundle: Path | None, policy: Retry, limits: Limits) -> None:
        self.calls = 0
        self._org = org
        self._limits = limits
        self._ends_at = time.monotonic() + limits.run_hours * SECONDS_PER_HOUR
        self._origin = origin
        self._context = _ssl_context(org, ca_bundle)
        self._policy = policy
        self._slots = threading.BoundedSemaphore(CONCURRENT_REQUESTS)
        self._counting = threading.Lock()
        super().__init__(pool_maxsize=CONCURRENT_REQUESTS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests has it
        """Makes every pool trust the roots that are trusted here."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        """Makes every pool behind a proxy trust the roots that are trusted here."""
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
        """Sends a request and returns the response with its body read.

        The environment's `REQUESTS_CA_BUNDLE` would override a session's `verify`, so neither is used here.

        Args:
            request: The request.
            stream: A page of a query is asked for: its body stays compressed.
            proxies: Proxies on the way.

        Raises:
            ForbiddenRequest: The guard refused the request, or the redirect in the response.
            UnusableAnswer: The answer has more bytes than the limits allow, or was not complete in time.
            RunDeadlineExceeded: The run has taken longer than the limits allow.
            requests.RequestException: The org could not be reached, however often it was tried.
        """
        check_request(self._org, self._origin, request)
        policy = self._policy
        while True:
            outcome = self._attempt(request, proxies, stream)
            if not policy.total or not _is_retryable(request, outcome):
                break
            policy = policy.increment(request.method)
            _wait(policy, outcome)
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
            until = min(time.monotonic() + self._limits.answer_minutes * SECONDS_PER_MINUTE, self._ends_at)
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
        """Reads a body here, so that a connection lost in the middle is noticed and retried here.

        A page keeps its compressed form. Any other body is unpacked; an error page that cannot be, or is too large,
        counts as empty, because its status says enough.
        """
        is_page = is_page and answer.status_code == 200
        max_bytes = self._max_bytes(request, is_page)
        raw, headers = answer.raw, answer.raw.headers
        try:
            body = read_at_most(raw, max_bytes)
            raw.release_conn()
            if not is_page:
                body = _plain(body, headers.get("Content-Encoding", ""), max_bytes)
        except TooLarge:
            raw.close()
            if answer.ok:
                raise too_large(self._org, max_bytes) from None
            body = b""
        headers = headers.copy()
        for about_the_wire in ("Content-Length", "Transfer-Encoding", *(() if is_page else ("Content-Encoding",))):
            headers.discard(about_the_wire)
        # Always status 200: urllib3 reads no body of a 204 or a 304.
        answer.raw = urllib3.HTTPResponse(
            io.BytesIO(body), headers, 200, reason=raw.reason, preload_content=False, request_method="GET"
        )
        return answer

    def _max_bytes(self, request: requests.PreparedRequest, is_page: bool) -> int:
        if is_page:
            return self._limits.page_bytes
        describes = (request.path_url or "").rstrip("/").endswith("/describe")
        return self._limits.answer_bytes * (DESCRIBE_FACTOR if describes else 1)


def _plain(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Unpacks a body; returns an empty one where it is not what its header says.

    Raises:
        TooLarge: It has too many bytes.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            try:
                return b"".join(unpacked(body, max_bytes))
            except (Damaged, EOFError):
                return b""
        case _:
            return b""


def _ssl_context(org: str, ca_bundle: Path | None) -> ssl.SSLContext:
    """Returns a context that trusts certifi's roots, those of a proxy from the environment, and `ca_bundle`'s."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.sslsocket_class = DeadlineSocket
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    environment = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    for source, name in ((environment, "REQUESTS_CA_BUNDLE"), (ca_bundle, "ca_bundle")):
        if not source:
            continue
        path = Path(source)
        try:
            context.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
        except OSError:
            raise ConfigurationError(
                f"{org}: the certificates of {name} cannot be read from {path}", "Use a file of PEM certificates"
            ) from None
    return context


def _is_retryable(request: requests.PreparedRequest, outcome: requests.Response | requests.RequestException) -> bool:
    """Returns whether a failure may be temporary: a read may be retried, a sign-in only if it did not arrive."""
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
        # Too many at once is temporary; used-up daily calls ("TotalRequests") are not.
        return b"REQUEST_LIMIT_EXCEEDED" in outcome.content and b"Concurrent" in outcome.content
    is_web_page = outcome.status_code == 200 and not is_json(outcome)
    return reads and (is_web_page or outcome.status_code in RETRYABLE_STATUSES)


def _token_endpoint_failed(answer: requests.Response) -> bool:
    """Returns whether the token endpoint itself failed: it says so, or sends a maintenance page."""
    is_page = answer.status_code == 200 and "html" in answer.headers.get("Content-Type", "")
    failed = answer.status_code == 500 or answer.status_code in RETRYABLE_STATUSES
    return is_page or failed or b'"unknown_error"' in answer.content


def is_json(answer: requests.Response) -> bool:
    """Returns whether a response is JSON by its header; during maintenance a web page arrives, even with status 200."""
    return "json" in answer.headers.get("Content-Type", "").lower()


def _wait(policy: Retry, outcome: requests.Response | requests.RequestException) -> None:
    """Waits as long as Salesforce asks, else longer each time; never longer than the policy allows."""
    header = outcome.headers.get("Retry-After") if isinstance(outcome, requests.Response) else None
    seconds = answers.retry_after(header, datetime.now(UTC)) or policy.get_backoff_time()
    time.sleep(min(seconds, policy.retry_after_max))
