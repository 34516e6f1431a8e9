"""What the network or Salesforce can refuse, as errors for the reader.

Nothing of an answer's body and no URL with a query gets into a message: both may carry the org's data. Salesforce's
own error code may. Codes and statuses: REST API Developer Guide, Status Codes and Error Responses.
"""

from collections.abc import Iterator

import requests
import urllib3.exceptions

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.limits import MEGABYTE

UNREADABLE = "UNREADABLE"
"""The code of a refusal of our own: an answer that does not have the form, or the types, that Salesforce documents."""
QUERY_TIMEOUT = "QUERY_TIMEOUT"
"""Salesforce gave up on a query after two minutes (App Limits Cheatsheet)."""
TOO_LARGE, TOO_SLOW = "ANSWER_TOO_LARGE", "ANSWER_TOO_SLOW"
"""Codes of refusals of our own: an answer beyond the settings' limits."""

HIDDEN = frozenset({"INVALID_TYPE", "NOT_FOUND", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""Codes with which Salesforce says that an object is not there, or not for this user."""

NOT_FOR_API = "not valid for use with the rest api"
"""The code is INVALID_SESSION_ID, as of an expired one (SalesforceLabs/OrgCheck issue 583)."""

PASSING_STATUSES = frozenset({406, 420, 429, 502, 503, 504})
"""Statuses of overload and of Salesforce's edge, which pass."""


class OrgRefusal(OrgError):
    """Salesforce answered a request with an error.

    Attributes:
        status: The HTTP status.
        code: Salesforce's `errorCode`, or OAuth's `error`; empty where the answer had none.
        detail: Salesforce's text, to recognise kinds of refusal by; it may quote data and is never shown.
    """

    def __init__(self, what: str, remediation: str = "", *, status: int, code: str, detail: str = "") -> None:
        super().__init__(what, remediation)
        self.status = status
        self.code = code
        self.detail = detail

    @property
    def hides(self) -> bool:
        """Whether it says that an object is not there, or not for this user.

        `INSUFFICIENT_ACCESS: Requires Extra Verification` is about the session instead (SalesforceLabs/OrgCheck#458).
        """
        return self.code in HIDDEN and not self.asks_for_verification

    @property
    def asks_for_verification(self) -> bool:
        """Whether the org wants a high-assurance session, which no permission gives."""
        return "extra verification" in self.detail.lower()


class SessionEnded(OrgRefusal):
    """The access token is not, or no longer, accepted; its query locators died with it."""


class OrgUnavailable(OrgRefusal):
    """Salesforce was overloaded or down each time it was asked: no object would fare better."""


class CallsUsedUp(OrgRefusal):
    """The org has no API calls left: nothing can be read until some come free."""


class UnusableAnswer(OrgRefusal):
    """Salesforce answered, and no value can be taken from it. It costs the object that was asked for.

    Args:
        org: The org's name.
        fault: What is wrong with it, a sentence without a full stop.
        remediation: What to do about it.
        code: A code of our own for this kind.
    """

    def __init__(self, org: str, fault: str, remediation: str, code: str) -> None:
        super().__init__(f"{org}: {fault}", remediation, status=200, code=code)
        self.org = org
        self.fault = fault

    def about(self, question: str) -> "UnusableAnswer":
        """The same, with what was asked, e.g. `describe of User`."""
        return UnusableAnswer(self.org, f"{question}: {self.fault}", self.remediation, self.code)


def undocumented(org: str, fault: str) -> UnusableAnswer:
    """An answer that does not have the form that Salesforce documents.

    Args:
        org: The org's name.
        fault: As `answers.Undocumented` tells it.
    """
    return UnusableAnswer(
        org,
        f"Salesforce's answer {fault}",
        "Salesforce was asked several times. Run again; check whether a proxy on the way changes answers",
        UNREADABLE,
    )


def too_large(org: str, most_bytes: int) -> UnusableAnswer:
    """An answer with more bytes than the limits allow; it was not read to its end."""
    return UnusableAnswer(
        org,
        f"the answer has more than {most_bytes // MEGABYTE:,} MB",
        "Check what answers at instance_url; if it is the org, raise page_mb or answer_mb under limits",
        TOO_LARGE,
    )


def too_slow(org: str, minutes: int) -> UnusableAnswer:
    """An answer that was not complete within the time that the limits allow."""
    return UnusableAnswer(
        org,
        f"the answer was not complete after {minutes} min",
        "Run again; see status.salesforce.com, and raise answer_minutes under limits if the network is that slow",
        TOO_SLOW,
    )


class RunDeadlineExceeded(OrgError):
    """Reading an org takes longer than the limits allow; nothing more is asked."""

    def __init__(self, org: str, hours: int) -> None:
        super().__init__(
            f"{org}: reading took longer than {hours} h, so the run was stopped",
            "Nothing that was published has changed. Find out what is slow (status.salesforce.com, the network, a very "
            "large LoginHistory), or raise run_hours under limits",
        )


class TokenNotForApi(OrgError):
    """The access token is valid, but not for the API: no request would fare better, nor another token like it."""

    def __init__(self, org: str) -> None:
        super().__init__(
            f"{org}: the access token is valid, but Salesforce does not let it use the API (HTTP 401)",
            "Check in this order: the client app has the scope api; where API Access Control is on, the app is on its "
            "list and the user may use it; the app's IP relaxation and the address of this machine; a session security "
            "level that the org requires for API access",
        )


class ApiBudgetExceeded(OrgError):
    """As many API calls are used as the settings allow; the rest is left for the org's other clients."""


def refusal(org: str, answer: requests.Response, usage: answers.DailyCalls | None = None) -> OrgError:
    """Puts an error answer of Salesforce in words.

    Args:
        org: The org's name.
        answer: An answer with an HTTP status of 400 or more.
        usage: The org's API calls, where known.
    """
    said = answers.error(answer.content)
    code, detail = said.code, said.detail
    kind: type[OrgRefusal] = OrgRefusal
    what = f"{org}: Salesforce answered {code or 'with no error code'} (HTTP {answer.status_code})"
    remediation = ""
    if answer.status_code == 401:
        if NOT_FOR_API in detail.lower():
            return TokenNotForApi(org)
        kind = SessionEnded
        what = f"{org}: Salesforce does not accept the access token (HTTP {answer.status_code})"
        remediation = "It has expired or was revoked: get a new one, or use a flow that signs in by itself"
    elif code == "REQUEST_LIMIT_EXCEEDED":
        kind = CallsUsedUp
        spent = f" ({usage.used:,} of {usage.allowed:,} calls in the last 24 hours)" if usage else ""
        what = f"{org}: the org has no API calls left{spent}"
        remediation = (
            "Nothing was changed. Calls come free as those of the last 24 hours pass out of the count: run again "
            "later, or see in Setup, Company Information, what uses them"
        )
    elif code in {"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"}:
        what = f"{org}: Salesforce does not let this login use the API ({code})"
        remediation = "Give the run-as user the permission API Enabled, in an edition that has the API"
    elif answer.status_code in PASSING_STATUSES:
        kind = OrgUnavailable
        remediation = "Salesforce did not recover in several attempts: see status.salesforce.com, and run again later"
    return kind(what, remediation, status=answer.status_code, code=code, detail=detail)


def unreachable(org: str, host: str, failure: requests.RequestException) -> OrgError:
    """Puts a failure of the network in words: the kind of failure and the host, never the URL."""
    behind = tuple(causes(failure))
    kinds = {type(cause) for cause in behind}
    said = " ".join(str(cause) for cause in behind)
    if isinstance(failure, requests.exceptions.SSLError):
        return _untrusted(org, host, said)
    if isinstance(failure, requests.exceptions.ProxyError):
        return OrgError(f"{org}: the proxy could not reach {host}", "Check HTTPS_PROXY and NO_PROXY")
    if urllib3.exceptions.NameResolutionError in kinds:
        return OrgError(f"{org}: there is no host {host}", "Check instance_url; it is your org's My Domain (Setup)")
    if ConnectionRefusedError in kinds or "refused" in said.lower():
        return OrgError(
            f"{org}: nothing answers at {host}", "Check instance_url; where it answered before, run again later"
        )
    if isinstance(failure, requests.exceptions.Timeout):
        return OrgError(f"{org}: {host} did not answer in time", "Run again; see status.salesforce.com")
    return OrgError(
        f"{org}: the connection to {host} was lost",
        "Nothing that was published has changed; run again when the network is back",
    )


def _untrusted(org: str, host: str, said: str) -> OrgError:
    if "doesn't match" in said or "not valid for" in said or "Hostname mismatch" in said:
        return OrgError(f"{org}: the certificate of {host} is for another host", "Check the host of instance_url")
    if "certificate has expired" in said:
        return OrgError(f"{org}: the certificate of {host} has expired", "Its operator has to renew it")
    return OrgError(
        f"{org}: the certificate of {host} is not trusted",
        "If the org stands behind an authority or proxy of your own, name its root certificate (PEM) as ca_bundle",
    )


def causes(failure: BaseException) -> Iterator[BaseException]:
    """Walks down what lies behind a failure: requests and urllib3 put it in arguments, `reason` and `__cause__`."""
    seen: set[int] = set()
    waiting: list[BaseException] = [failure]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        behind = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        waiting.extend(cause for cause in behind if isinstance(cause, BaseException))
