"""Validates the name and address of an org in `spendready.yml`."""

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

ADDRESS_FORM = "must be the org's address as https://host or https://host:port, with nothing after it"
BROWSER_ADDRESS = (
    "this is the address of Salesforce's pages, which has no API: use https:// and the org's My Domain "
    "(Setup > My Domain), which ends in .my.salesforce.com"
)
_BROWSER_HOSTS = (".lightning.force.com", ".my.salesforce-setup.com")
"""Hosts of Lightning pages and of Setup (Salesforce Help, My Domain URL Formats)."""
NAME_FORM = "must consist of a-z, 0-9 and -, and begin with a letter or digit: it becomes a folder name"
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE | re.ASCII)
_NOT_IN_A_HOST = re.compile(r"[^a-z0-9.-]", re.IGNORECASE | re.ASCII)


def checked_name(text: str) -> str:
    """Accepts the name of an org. It becomes a folder and an argument of commands: a leading `-` would be an option.

    Raises:
        ValueError: The name has other characters.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        raise ValueError(NAME_FORM)
    return text


def checked_address(url: str) -> str:
    """Accepts the address of an org and returns it without a trailing slash.

    Raises:
        ValueError: It is not an https address of a host, its host has characters that a host name cannot have, or it
            is the address that a browser shows.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(ADDRESS_FORM) from None
    if (parts.hostname or "").endswith(_BROWSER_HOSTS):
        raise ValueError(BROWSER_ADDRESS)
    if url.rstrip("/") != f"https://{parts.netloc}" or not parts.hostname or "@" in parts.netloc or port == 0:
        raise ValueError(ADDRESS_FORM)
    _check_host(parts)
    return url.rstrip("/")


def _check_host(parts: SplitResult) -> None:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        return  # urlsplit accepts nothing but an IPv6 address in brackets
    if odd := _NOT_IN_A_HOST.search(host):
        name = unicodedata.name(odd[0], "a control character")
        raise ValueError(
            f"the host contains {name} (U+{ord(odd[0]):04X}), which may look like another character: use only a-z, "
            "0-9, - and ., and the xn-- form of an internationalized name"
        )
    if not _HOST.fullmatch(host):
        raise ValueError(ADDRESS_FORM)
