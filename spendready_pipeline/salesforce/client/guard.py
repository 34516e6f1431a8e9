"""What may leave for an org: requests that only read, to that org alone, and none that names a credential.

A list of what is allowed rather than of what is not: signing in, and reading versions, limits, descriptions, query
pages and who is signed in. Everything else is refused before it leaves, whoever asks, redirects included.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urljoin, urlsplit

import requests

from spendready_pipeline.catalog.salesforce_objects import SECRET_FIELDS
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.allowed_queries import DESCRIBABLE, may_be_asked

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
VERSIONS_PATH = "/services/data/"
USERINFO_PATH = "/services/oauth2/userinfo"
OAUTH_USAGE = "apps/oauth/usage"
"""External client apps with OAuth usage (Connect REST API Developer Guide); what lies below it can delete tokens."""
_VERSION = rf"{VERSIONS_PATH}v[0-9]{{2,3}}\.0"
_WITHOUT_PARAMETERS = re.compile(
    rf"{VERSIONS_PATH}?|{USERINFO_PATH}|{_VERSION}/(limits/?|{OAUTH_USAGE}/?"
    rf"|sobjects/({'|'.join(sorted(DESCRIBABLE))})/describe/?|query/[A-Za-z0-9_-]{{1,200}})"
)
"""Paths that are read without a parameter; one such as `_HttpMethod` could turn reading into something else."""
_QUERY = re.compile(rf"{_VERSION}/query/?")
# FIELDS(ALL) and its kin select every field of an object, credentials included, without naming one.
_CREDENTIAL = re.compile(rf"\b({'|'.join(sorted(SECRET_FIELDS))})\b|\bfields\s*\(", re.IGNORECASE)


class ForbiddenRequest(OrgError):
    """A request that this program must never send; it did not leave."""


@dataclass(frozen=True)
class Origin:
    """Where an org is: the only place that requests may go to. Its text is the URL without a path."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin | None":
        """Gives the origin of an HTTPS URL; None for what is no such URL."""
        try:
            parts = urlsplit(url)
            port = parts.port or 443
        except ValueError:
            return None
        if parts.scheme != "https" or not parts.hostname or parts.username is not None:
            return None
        return cls(parts.hostname.lower(), port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"


def check_request(org: str, origin: Origin, request: requests.PreparedRequest) -> None:
    """Lets a request pass, or refuses it.

    Args:
        org: The org's name, for the message.
        origin: Where the org is.
        request: The request as it would leave.

    Raises:
        ForbiddenRequest: It would go elsewhere, might change something, or names a credential.
    """
    url = request.url or ""
    if Origin.of(url) != origin:
        raise ForbiddenRequest(f"{org}: a request was about to leave for another place than {origin}")
    parts = urlsplit(url)
    if not _only_reads(request.method or "", parts):
        raise ForbiddenRequest(f"{org}: a request was about to leave that does not only read ({request.method})")
    if _CREDENTIAL.search(_decoded(url)) or _CREDENTIAL.search(_decoded(_text(request.body))):
        raise ForbiddenRequest(f"{org}: a request was about to leave that selects credentials")
    if _QUERY.fullmatch(parts.path) and not may_be_asked(_parameters(parts)[0][1]):
        raise ForbiddenRequest(f"{org}: a query was about to leave that is not of the catalogue's objects and fields")


def check_redirect(org: str, origin: Origin, answer: requests.Response) -> None:
    """Refuses to follow an answer that sends the client to another place.

    Raises:
        ForbiddenRequest: It names another scheme, host or port.
    """
    if not answer.is_redirect:
        return
    target = _redirect_target(answer)
    if target != origin:
        raise ForbiddenRequest(
            f"{org}: {origin} sends its callers on to {target or 'another place'}, where no credentials are sent",
            "Check instance_url, and what stands between this machine and the org. Write another address only after "
            "you have compared it with My Domain in the org's Setup",
        )


def _redirect_target(answer: requests.Response) -> Origin | None:
    """Reads where a redirect goes, as requests would; None for what is no address."""
    try:
        location = answer.headers["Location"].encode("latin-1").decode("utf-8")
        return Origin.of(urljoin(answer.url, location))
    except ValueError:
        return None


def _only_reads(method: str, parts: SplitResult) -> bool:
    if parts.fragment:
        return False
    if method == "POST":
        return parts.path == TOKEN_PATH and not parts.query
    if method != "GET":
        return False
    if _QUERY.fullmatch(parts.path):
        return [name for name, _ in _parameters(parts)] == ["q"]
    return _WITHOUT_PARAMETERS.fullmatch(parts.path) is not None and not parts.query


def _parameters(parts: SplitResult) -> list[tuple[str, str]]:
    return parse_qsl(parts.query, keep_blank_values=True)


def _decoded(text: str) -> str:
    """Takes percent-encoding off, however often it was put on."""
    while (decoded := unquote_plus(text)) != text:
        text = decoded
    return text


def _text(body: object) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else ""
