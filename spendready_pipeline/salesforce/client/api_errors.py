"""Errors of the network and of Salesforce's API, worded for the reader.

No message contains any of a response body or a URL with a query: both may carry the org's data. Salesforce's own error
code may be shown. Codes and statuses: REST API Developer Guide, Status Codes and Error Responses.
"""

from collections.abc import Iterator

import requests
import urllib3.exceptions

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.limits import MEGABYTE

UNREADABLE = "UNREADABLE"
"""A code of our own: an answer that does not have the form, or the types, that Salesforce documents."""
QUERY_TIMEOUT = "QUERY_TIMEOUT"
"""Salesforce gave up on a query after two minutes (App Limits Cheatsheet)."""
TOO_LARGE, TOO_SLOW = "ANSWER_TOO_LARGE", "ANSWER_TOO_SLOW"
"""Codes of our own: an answer beyond the limits of the settings."""

NOT_VISIBLE_CODES = frozenset({"INVALID_TYPE", "NOT_FOUND", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""Error codes for an object that does not exist, or that this user may not see."""

NOT_FOR_API = "not valid for use with the rest api"
"""The code is INVALID_SESSION_ID, as for an expired token (SalesforceLabs/OrgCheck issue 583)."""

RETRYABLE_STATUSES = frozenset({406, 420, 429, 502, 503, 504})
"""Statuses of overload and of Salesforce's edge, which are temporary."""


class SalesforceApiError(OrgError):
    """Salesforce answered a request with an error.

    Attributes:
        status: The HTTP status.
        code: Salesforce's `errorCode`, or OAuth's `error`; empty where the answer had none.
        detail: Salesforce's text, used to recognize kinds of errors; it may quote data and is never shown.
    """

    def __init__(self, what: str, remediation: str = "", *, status: int, code: str, detail: str = "") -> None:
        super().__init__(what, remediation)
        self.status = status
        self.code = code
        self.detail = detail

    @property
    def is_not_visible(self) -> bool:
        """Whether the object does not exist, or this user may not see it.

        `INSUFFICIENT_ACCESS: Requires Extra Verification` is about the session instead (SalesforceLabs/OrgCheck#458).
        """
        return self.code in NOT_VISIBLE_CODES and not self.requires_verification

    @property
    def requires_verification(self) -> bool:
        """Whether the org requires a high-assurance session, which no permission gives."""
        return "extra verification" in self.detail.lower()


class SessionExpired(SalesforceApiError):
    """The access token is not accepted, or no longer; its query locators expired with it."""


class OrgUnavailable(SalesforceApiError):
    """Salesforce was overloaded or down in every attempt: other objects would fail as well."""


class ApiLimitExceeded(SalesforceApiError):
    """The org has no API calls left: nothing can be read until some become available."""


class UnusableAnswer(SalesforceApiError):
    """Salesforce's answer contains no usable value. Only the object that was asked for fails.

    Args:
        org: The org's name.
        fault: What is wrong with the answer, a sentence without a full stop.
        remediation: What to do about it.
        code: A code of our own for this kind.
    """

    def __init__(self, org: str, fault: str, remediation: str, code: str) -> None:
        super().__init__(f"{org}: {fault}", remediation, status=200, code=code)
        self.org = org
        self.fault = fault

    def about(self, question: str) -> "UnusableAnswer":
        """Returns the same error with the question, e.g. `describe of User`."""
        return UnusableAnswer(self.org, f"{question}: {self.fault}", self.remediation, self.code)


def undocumented_answer(org: str, fault: str) -> UnusableAnswer:
    """Returns the error for an answer that does not have the form that Salesforce documents.

    Args:
        org: The org's name.
        fault: The text of `answers.Undocumented`.
    """
    return UnusableAnswer(
        org,
        f"Salesforce's answer {fault}",
        "Several attempts gave the same. Run again, and check whether a proxy changes Salesforce's answers",
        UNREADABLE,
    )


def too_large(org: str, max_bytes: int) -> UnusableAnswer:
    """Returns the error for an answer with more bytes than the limits allow; it was not read to its end."""
    return UnusableAnswer(
        org,
        f"the answer has more than {max_bytes // MEGABYTE:,} MB",
        "Check which server answers at instance_url. If it is the org, raise page_mb or answer_mb under limits",
        TOO_LARGE,
    )


def too_slow(org: str, minutes: int) -> UnusableAnswer:
    """Returns the error for an answer that was not complete within the time that the limits allow."""
    return UnusableAnswer(
        org,
        f"the answer was not complete after {minutes} min",
        "Run again. See status.salesforce.com, and raise answer_minutes under limits if the network is that slow",
        TOO_SLOW,
    )


class RunDeadlineExceeded(OrgError):
    """Reading an org takes longer than the limits allow; no further request is sent."""

    def __init__(self, org: str, hours: int) -> None:
        super().__init__(
            f"{org}: reading took longer than {hours} h, so the run was stopped",
            "The published results are unchanged. Find out what is slow (status.salesforce.com, the network, a very "
            "large LoginHistory), or raise run_hours under limits",
        )


class TokenNotForApi(OrgError):
    """The access token is valid, but not for the API: every request would fail, and so would a new token."""

    def __init__(self, org: str) -> None:
        super().__init__(
            f"{org}: the access token is valid, but Salesforce does not let it use the API (HTTP 401)",
            "Check in this order: the client app has the scope api; if API Access Control is on, the app is on its "
            "list and the user may use it; the app's IP relaxation allows the address of this machine; the session "
            "security level that the org requires for API access",
        )


class ApiBudgetExceeded(OrgError):
    """The API calls that the settings allow are used; the rest is left for the org's other clients."""


def api_error(org: str, answer: requests.Response, usage: answers.DailyCalls | None = None) -> OrgError:
    """Returns the error for an error response of Salesforce.

    Args:
        org: The org's name.
        answer: A response with an HTTP status of 400 or more.
        usage: The org's API calls, where known.
    """
    details = answers.error(answer.content)
    code, detail = details.code, details.detail
    kind: type[SalesforceApiError] = SalesforceApiError
    what = f"{org}: Salesforce answered {code or 'with no error code'} (HTTP {answer.status_code})"
    remediation = ""
    if answer.status_code == 401:
        if NOT_FOR_API in detail.lower():
            return TokenNotForApi(org)
        kind = SessionExpired
        what = f"{org}: Salesforce does not accept the access token (HTTP {answer.status_code})"
        remediation = "It has expired or was revoked: get a new one, or use a flow that signs in automatically"
    elif code == "REQUEST_LIMIT_EXCEEDED":
        kind = ApiLimitExceeded
        spent = f" ({usage.used:,} of {usage.allowed:,} calls in the last 24 hours)" if usage else ""
        what = f"{org}: the org has no API calls left{spent}"
        remediation = (
            "Nothing was changed. Each call counts for 24 hours: run again later, and check in Setup, Company "
            "Information, how many are used"
        )
    elif code in {"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"}:
        what = f"{org}: Salesforce does not let this login use the API ({code})"
        remediation = "Give the run-as user the permission API Enabled; the org's edition must include the API"
    elif answer.status_code in RETRYABLE_STATUSES:
        kind = OrgUnavailable
        remediation = "Several retries failed: see status.salesforce.com, and run again later"
    return kind(what, remediation, status=answer.status_code, code=code, detail=detail)


def network_error(org: str, host: str, failure: requests.RequestException) -> OrgError:
    """Returns the error for a failure of the network, with the kind of failure and the host, never the URL."""
    related = tuple(causes(failure))
    kinds = {type(cause) for cause in related}
    text = " ".join(str(cause) for cause in related)
    if isinstance(failure, requests.exceptions.SSLError):
        return _untrusted(org, host, text)
    if isinstance(failure, requests.exceptions.ProxyError):
        return OrgError(f"{org}: the proxy could not reach {host}", "Check HTTPS_PROXY and NO_PROXY")
    if urllib3.exceptions.NameResolutionError in kinds:
        return OrgError(f"{org}: host {host} not found", "Check instance_url: use the org's My Domain (Setup)")
    if ConnectionRefusedError in kinds or "refused" in text.lower():
        return OrgError(f"{org}: nothing answers at {host}", "Check instance_url. If it worked before, try again later")
    if isinstance(failure, requests.exceptions.Timeout):
        return OrgError(f"{org}: {host} did not answer in time", "Run again, and see status.salesforce.com")
    return OrgError(
        f"{org}: the connection to {host} was lost",
        "The published results are unchanged. Run again when the network works",
    )


def _untrusted(org: str, host: str, text: str) -> OrgError:
    if "doesn't match" in text or "not valid for" in text or "Hostname mismatch" in text:
        return OrgError(f"{org}: the certificate of {host} is for another host", "Check the host of instance_url")
    if "certificate has expired" in text:
        return OrgError(f"{org}: the certificate of {host} has expired", "The operator of that host must renew it")
    return OrgError(
        f"{org}: the certificate of {host} is not trusted",
        "If a certificate authority or proxy of your own is in between, set ca_bundle to its root certificate (PEM)",
    )


def causes(failure: BaseException) -> Iterator[BaseException]:
    """Yields the causes of a failure: requests and urllib3 put them in arguments, `reason` and `__cause__`."""
    seen: set[int] = set()
    pending: list[BaseException] = [failure]
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        related = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        pending.extend(cause for cause in related if isinstance(cause, BaseException))
