"""The one way out to an org: guards each request, verifies the host, reads answers whole, repeats what may pass."""

import io
import os
import ssl
import threading
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError, NewConnectionError
from urllib3.util import Retry, create_urllib3_context

from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.salesforce.guard import VERSIONS_PATH, Origin, check_redirect, check_request
from spendready_pipeline.salesforce.refusals import PASSING_STATUSES, causes

CONNECT_SECONDS = 10.0
READ_SECONDS = 150.0
"""Salesforce lets a query execute for two minutes before it gives up (App Limits Cheatsheet)."""
CONCURRENT_REQUESTS = 4
"""A developer org refuses more than five long requests at once (App Limits Cheatsheet)."""
PATIENCE = Retry(total=5, backoff_factor=0.5, backoff_jitter=0.5, retry_after_max=60)
"""How often a request is repeated, and after how long: at once, then 1, 2, 4, 8 seconds, or as Salesforce asks."""


class OrgAdapter(HTTPAdapter):
    """Carries requests to one org, and nowhere else.

    Args:
        org: The org's name, for messages.
        origin: Where it is.
        ca_bundle: A PEM file with roots to trust besides.
        patience: How often to repeat, and how long to wait.

    Attributes:
        calls: Requests to the data API that left, repeated ones included.
    """

    def __init__(self, org: str, origin: Origin, ca_bundle: Path | None, patience: Retry) -> None:
        self.calls = 0
        self._org = org
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

    def send(  # type: ignore[override]  # what else a caller may ask (verify, timeout, stream) is decided here
        self, request: requests.PreparedRequest, *, proxies: dict[str, str] | None = None, **_: object
    ) -> requests.Response:
        """Sends a request and gives the answer, its body read but not yet decoded.

        The environment's `REQUESTS_CA_BUNDLE` would win over a session's `verify`; so neither counts here.

        Raises:
            ForbiddenRequest: The guard refused it, or the redirect that it was answered with.
            requests.RequestException: The org could not be reached, however often it was tried.
        """
        check_request(self._org, self._origin, request)
        patience = self._patience
        while True:
            outcome = self._attempt(request, proxies)
            if not patience.total or not _may_pass(request, outcome):
                break
            patience = patience.increment(request.method)
            _wait(patience, outcome)
        if isinstance(outcome, requests.RequestException):
            raise outcome
        check_redirect(self._org, self._origin, outcome)
        return outcome

    def _attempt(
        self, request: requests.PreparedRequest, proxies: dict[str, str] | None
    ) -> requests.Response | requests.RequestException:
        if (request.path_url or "").startswith(VERSIONS_PATH + "v"):
            with self._counting:
                self.calls += 1
        try:
            with self._slots:
                answer = super().send(
                    request, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS), verify=True, proxies=proxies
                )
                return _read_whole(answer)
        except requests.RequestException as failure:
            return failure
        except HTTPError as failure:
            return requests.ConnectionError(failure, request=request)


def _trusting(org: str, ca_bundle: Path | None) -> ssl.SSLContext:
    """Gives a context that trusts certifi's roots, an inspecting proxy's from the environment, and `ca_bundle`'s."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
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


def _read_whole(answer: requests.Response) -> requests.Response:
    """Reads a body as it came, still compressed, so that a connection lost in its middle is noticed and repeated here.

    A page has 2,000 rows at most, so that it fits in memory.
    """
    raw = answer.raw
    body = raw.read(decode_content=False)
    raw.release_conn()
    answer.raw = urllib3.HTTPResponse(
        io.BytesIO(body), raw.headers, raw.status, reason=raw.reason, preload_content=False, request_method="GET"
    )
    return answer


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
    return reads and outcome.status_code in PASSING_STATUSES


def _token_endpoint_failed(answer: requests.Response) -> bool:
    """Tells whether the token endpoint itself failed, rather than refused: it says so, or sends a maintenance page."""
    is_page = answer.status_code == 200 and "html" in answer.headers.get("Content-Type", "")
    failed = answer.status_code == 500 or answer.status_code in PASSING_STATUSES
    return is_page or failed or b'"unknown_error"' in answer.content


def _wait(patience: Retry, outcome: requests.Response | requests.RequestException) -> None:
    try:
        patience.sleep(outcome.raw if isinstance(outcome, requests.Response) else None)
    except InvalidHeader:
        patience.sleep()
