"""The only place where an org's answer becomes a value: bytes and headers in, values of declared types out.

A server may send anything. What does not have the form that Salesforce documents raises `Undocumented`, or is None
where the program can do without it; no other error leaves this module. Its text never quotes the answer.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn, TypeVar

FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
"""An API name: letters, digits and underscores, at most 80 (with namespace and suffix; Metadata API Guide)."""
_RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_ERROR_CODE = re.compile(r"[A-Za-z0-9_]{1,80}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_NEXT_PAGE = re.compile(r"/services/data/v[0-9]{2,3}\.0/query/[A-Za-z0-9_-]{1,200}")
_USAGE = re.compile(r"(?:^|[\s,;])api-usage=([0-9]{1,12})/([0-9]{1,12})(?![0-9])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_COUNT = 10**15
"""No count of Salesforce comes near; a larger number is rejected."""

Value = TypeVar("Value")


class Undocumented(ValueError):
    """An answer that does not have the form that Salesforce documents; the text completes 'Salesforce's answer ...'."""


@dataclass(frozen=True)
class Envelope:
    """The envelope of a page: what surrounds its records.

    Attributes:
        total: How many rows the whole query has.
        next_path: The path of the next page; None on the last one.
    """

    total: int
    next_path: str | None


@dataclass(frozen=True)
class DailyCalls:
    """API calls of an org in 24 hours, all clients together.

    Attributes:
        used: The number of calls made.
        allowed: The number of calls that the org may make.
    """

    used: int
    allowed: int

    @property
    def left(self) -> int:
        """The number of calls that the org may still make."""
        return max(self.allowed - self.used, 0)


@dataclass(frozen=True)
class ErrorDetails:
    """The details in an error response of Salesforce.

    Attributes:
        code: The data API's `errorCode` or OAuth's `error`; empty where there was none.
        detail: Its text, used to recognize kinds of errors. It may quote the org's data and is never shown.
    """

    code: str = ""
    detail: str = ""


def parsed(body: bytes) -> object:
    """Reads JSON.

    Raises:
        Undocumented: It is not JSON in UTF-8, or is nested too deeply.
    """
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Undocumented("is not JSON") from None


def object_of(body: bytes) -> Mapping[str, object]:
    """Reads a JSON object; an empty one where the body is anything else."""
    try:
        value = parsed(body)
    except Undocumented:
        return {}
    return value if isinstance(value, dict) else {}


def token_of(granted: Mapping[str, object]) -> str | None:
    """Returns the access token of a token response; None where it has none that a header can carry."""
    token = granted.get("access_token")
    return token if isinstance(token, str) and is_token(token) else None


def is_token(text: str) -> bool:
    """Returns whether a text can be an access token: visible ASCII, as an HTTP header carries it (RFC 6750, 2.1)."""
    return _TOKEN.fullmatch(text) is not None


def versions(answer: object) -> frozenset[str]:
    """Returns the API versions that an org offers."""
    each_version = [_object(each, "its entries are no objects").get("version") for each in _list(answer)]
    return frozenset(each for each in each_version if isinstance(each, str))


def record_id(value: object) -> str | None:
    """Returns the value if it is a record Id, else None."""
    return value if isinstance(value, str) and _RECORD_ID.fullmatch(value) else None


def user_id(answer: object) -> str | None:
    """Returns the Id of the user who is signed in, from an answer of the userinfo endpoint."""
    return record_id(answer.get("user_id")) if isinstance(answer, dict) else None


def fields(answer: object) -> dict[str, str] | None:
    """Returns an object's fields and their types, from its description; None where it cannot be queried.

    A name that Salesforce could not have given is dropped, and so is one that differs from another by case alone.
    """
    described = _object(answer)
    if described.get("queryable") is False:
        return None
    found: dict[str, str] = {}
    seen: set[str] = set()
    for each in _list(described.get("fields"), "has no list of fields"):
        field = _object(each, "has a field that is no object")
        name, kind = field.get("name"), field.get("type")
        if not isinstance(name, str) or not isinstance(kind, str):
            raise Undocumented("has a field without name or type")
        if FIELD_NAME.fullmatch(name) and name.lower() not in seen:
            seen.add(name.lower())
            found[name] = kind
    if not found:
        raise Undocumented("has no field")
    return found


def total(answer: object) -> int:
    """Returns how many rows a query has."""
    return _whole(_object(answer).get("totalSize"), "has no totalSize")


def records(answer: object) -> list[Mapping[str, object]]:
    """Returns the records of a query of one page."""
    return [_object(each, "has a record that is no object") for each in _list(_object(answer).get("records"))]


def client_apps(answer: object) -> list[str]:
    """Returns the developer names of external client apps that have OAuth usage (Connect REST API, `apps`)."""
    named = [_object(each).get("developerName") for each in _list(_object(answer).get("apps"), "has no list of apps")]
    return [name for name in map(text, named) if name]


def envelope(answer: object) -> Envelope:
    """Returns the envelope of a page."""
    page = _object(answer)
    done, next_path = page.get("done"), page.get("nextRecordsUrl")
    if not isinstance(done, bool):
        raise Undocumented("does not say whether it is the last page")
    if not done and not (isinstance(next_path, str) and _NEXT_PAGE.fullmatch(next_path)):
        raise Undocumented("announces another page and does not say where it is")
    return Envelope(total(page), None if done else str(next_path))


def daily_calls(answer: object) -> DailyCalls:
    """Returns the API calls of the last 24 hours, from an answer of the limits resource."""
    daily = _object(_object(answer).get("DailyApiRequests"), "has no DailyApiRequests")
    allowed, left = _whole(daily.get("Max"), "has no Max"), _whole(daily.get("Remaining"), "has no Remaining")
    return DailyCalls(allowed - left, allowed)


def text(value: object) -> str | None:
    """Returns a text that every encoding can carry (U+FFFD for half a surrogate pair); None for what is not text."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else None


def error(body: bytes) -> ErrorDetails:
    """Reads an error of the data API (an array), of the token endpoint (an object), or plain text."""
    try:
        value = parsed(body)
    except Undocumented:
        return ErrorDetails(detail=body.decode("utf-8", "replace").strip()[:200])
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return ErrorDetails()
    code = first.get("errorCode") or first.get("error")
    detail = text(first.get("message") or first.get("error_description")) or ""
    return ErrorDetails(code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else "", detail)


def usage(header: str | None) -> DailyCalls | None:
    """Reads `Sforce-Limit-Info`, e.g. `api-usage=10018/100000`; the client app's own figure may follow."""
    found = _USAGE.search(header or "")
    return DailyCalls(int(found[1]), int(found[2])) if found else None


def moment(header: str | None) -> datetime | None:
    """Reads a `Date` header, as UTC; None where it is not a date."""
    try:
        found = parsedate_to_datetime(header or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after(header: str | None, now: datetime) -> float | None:
    """Reads a `Retry-After` header, in seconds from now; None where it is not valid."""
    if header and re.fullmatch(r"\s*[0-9]{1,9}\s*", header, re.ASCII):
        return float(header)
    then = moment(header)
    return max((then - now).total_seconds(), 0.0) if then else None


def value_of(read: Callable[[object], Value], body: bytes) -> Value:
    """Parses a body and reads a value from it.

    Args:
        read: One of this module's readers.
        body: The body, no longer compressed.

    Raises:
        Undocumented: It does not have the documented form.
    """
    return read(parsed(body))


def _object(value: object, fault: str = "is no object") -> dict[str, object]:
    if not isinstance(value, dict):
        raise Undocumented(fault)
    return value


def _list(value: object, fault: str = "is no list") -> list[object]:
    if not isinstance(value, list):
        raise Undocumented(fault)
    return value


def _whole(value: object, fault: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_COUNT:
        raise Undocumented(fault)
    return value


def _no_number(_: str) -> NoReturn:
    """JSON has neither NaN nor Infinity."""
    raise ValueError
