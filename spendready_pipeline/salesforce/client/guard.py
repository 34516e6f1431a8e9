"""Which requests may be sent to an org: only reads, only to that org, and none that names a credential.

This is a list of what is allowed: signing in, and reading versions, limits, descriptions, query pages and who is
signed in. Everything else is refused before it is sent, whoever asks, including redirects.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urljoin, urlsplit

import requests

from spendready_pipeline.catalog.salesforce_objects import SECRET_FIELDS
from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client.allowed_queries import DESCRIBABLE, is_allowed_query

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
VERSIONS_PATH = "/services/data/"
USERINFO_PATH = "/services/oauth2/userinfo"
OAUTH_USAGE = "apps/oauth/usage"
"""External client apps with OAuth usage (Connect REST API Developer Guide); paths below it can delete tokens."""
_VERSION = rf"{VERSIONS_PATH}v[0-9]{{2,3}}\.0"
_WITHOUT_PARAMETERS = re.compile(
    rf"{VERSIONS_PATH}?|{USERINFO_PATH}|{_VERSION}/(limits/?|{OAUTH_USAGE}/?"
    rf"|sobjects/({'|'.join(sorted(DESCRIBABLE))})/describe/?|query/[A-Za-z0-9_-]{{1,200}})"
)
"""Paths without parameters; one such as `_HttpMethod` could turn a read into something else."""
_QUERY = re.compile(rf"{_VERSION}/query/?")
# FIELDS(ALL) and the like select every field of an object, including credentials, without naming one.
_CREDENTIAL = re.compile(rf"\b({'|'.join(sorted(SECRET_FIELDS))})\b|\bfields\s*\(", re.IGNORECASE)


class ForbiddenRequest(OrgError):
    """A request that this program must never send; it was not sent."""


@dataclass(frozen=True)
class Origin:
    """The origin of an org: the only place that requests may go to. As text, the URL without a path."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin | None":
        """Returns the origin of an HTTPS URL; None for any other text."""
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
    """Refuses a request that is not allowed.

    Args:
        org: The org's name, for the message.
        origin: The origin of the org.
        request: The request as it would be sent.

    Raises:
        ForbiddenRequest: It would go elsewhere, might change something, or names a credential.
    """
    url = request.url or ""
    if Origin.of(url) != origin:
        raise ForbiddenRequest(f"{org}: blocked a request to a host other than {origin}")
    parts = urlsplit(url)
    if not _only_reads(request.method or "", parts):
        raise ForbiddenRequest(f"{org}: blocked a request that does not only read ({request.method})")
    if _CREDENTIAL.search(_decoded(url)) or _CREDENTIAL.search(_decoded(_text(request.body))):
        raise ForbiddenRequest(f"{org}: blocked a request that selects credentials")
    if _QUERY.fullmatch(parts.path) and not is_allowed_query(_parameters(parts)[0][1]):
        raise ForbiddenRequest(f"{org}: blocked a query on objects or fields outside the catalog")


def check_redirect(org: str, origin: Origin, answer: requests.Response) -> None:
    """Refuses to follow a redirect to another origin.

    Raises:
        ForbiddenRequest: It names another scheme, host or port.
    """
    if not answer.is_redirect:
        return
    target = _redirect_target(answer)
    if target != origin:
        raise ForbiddenRequest(
            f"{org}: {origin} redirects to {target or 'another address'}; no credentials are sent there",
            "Check instance_url, and any proxy between this machine and the org. Use another address only after you "
            "have compared it with My Domain in the org's Setup",
        )


def _redirect_target(answer: requests.Response) -> Origin | None:
    """Returns the target of a redirect, as requests reads it; None where it is not an address."""
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
    """Removes percent-encoding, however often it was applied."""
    while (decoded := unquote_plus(text)) != text:
        text = decoded
    return text


def _text(body: object) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else ""
