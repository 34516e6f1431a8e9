"""What the network or Salesforce can refuse, as errors for the reader.

Nothing of an answer's body and no URL with a query gets into a message: both may carry the org's data. Salesforce's
own error code may. Codes and statuses: REST API Developer Guide, Status Codes and Error Responses.
"""

import re
from collections.abc import Iterator

import requests
import urllib3.exceptions

from spendready_pipeline.errors import OrgError

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

    def __init__(self, what: str, remedy: str = "", *, status: int, code: str, detail: str = "") -> None:
        super().__init__(what, remedy)
        self.status = status
        self.code = code
        self.detail = detail

    @property
    def hides(self) -> bool:
        """Whether it says that an object is not there, or not for this user."""
        return self.code in HIDDEN


class SessionEnded(OrgRefusal):
    """The access token is not, or no longer, accepted; its query locators died with it."""


class OrgUnavailable(OrgRefusal):
    """Salesforce was overloaded or down each time it was asked: no object would fare better."""


class CallsUsedUp(OrgRefusal):
    """The org has no API calls left: nothing can be read until some come free."""


def refusal(org: str, answer: requests.Response, usage: tuple[int, int] | None = None) -> OrgRefusal:
    """Puts an error answer of Salesforce in words.

    Args:
        org: The org's name.
        answer: An answer with an HTTP status of 400 or more.
        usage: API calls used and allowed in 24 hours, where known.
    """
    code, detail = _code_and_detail(answer)
    kind: type[OrgRefusal] = OrgRefusal
    what = f"{org}: Salesforce answered {code or 'with no error code'} (HTTP {answer.status_code})"
    remedy = ""
    if answer.status_code == 401:
        if NOT_FOR_API in detail.lower():
            return _not_for_api(org, code, detail)
        kind = SessionEnded
        what = f"{org}: Salesforce does not accept the access token (HTTP {answer.status_code})"
        remedy = "It has expired or was revoked: get a new one, or use a flow that signs in by itself"
    elif code == "REQUEST_LIMIT_EXCEEDED":
        kind = CallsUsedUp
        spent = f" ({usage[0]:,} of {usage[1]:,} calls in the last 24 hours)" if usage else ""
        what = f"{org}: the org has no API calls left{spent}"
        remedy = (
            "Nothing was changed. Calls come free as those of the last 24 hours pass out of the count: run again "
            "later, or see in Setup, Company Information, what uses them"
        )
    elif code in {"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"}:
        what = f"{org}: Salesforce does not let this login use the API ({code})"
        remedy = "Give the run-as user the permission API Enabled, in an edition that has the API"
    elif answer.status_code in PASSING_STATUSES:
        kind = OrgUnavailable
        remedy = "Salesforce did not recover in several attempts: see status.salesforce.com, and run again later"
    return kind(what, remedy, status=answer.status_code, code=code, detail=detail)


def _not_for_api(org: str, code: str, detail: str) -> OrgRefusal:
    """A token that is valid, but not for the API: signing in again would give another one like it."""
    return OrgRefusal(
        f"{org}: the access token is valid, but Salesforce does not let it use the API (HTTP 401)",
        "Check in this order: the client app has the scope api; where API Access Control is on, the app is on its list "
        "and the user may use it; the app's IP relaxation and the address of this machine; a session security level "
        "that the org requires for API access",
        status=401,
        code=code,
        detail=detail,
    )


def _code_and_detail(answer: requests.Response) -> tuple[str, str]:
    """Reads a data error (an array), a token error (an object), or plain text."""
    try:
        body = answer.json()
    except ValueError:
        return "", answer.text.strip()[:200]
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", ""
    code = str(first.get("errorCode") or first.get("error") or "")
    detail = str(first.get("message") or first.get("error_description") or "")
    return (code if re.fullmatch(r"\w{1,80}", code) else ""), detail


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
