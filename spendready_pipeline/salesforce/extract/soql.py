"""Queries in Salesforce's language, put together from the catalogue's own names."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote_plus

MAX_URI_BYTES = 8_000
"""Salesforce accepts 16,384 bytes of URI and headers (REST Guide); proxies on the way often half of that."""
_PATH_BYTES = 200
"""Room for scheme, host and path."""


def select(name: str, fields: Sequence[str], where: str = "") -> str:
    """Writes a query.

    Args:
        name: The object.
        fields: Its fields.
        where: A condition, without the word; empty for all rows.
    """
    return f"SELECT {', '.join(fields)} FROM {name}{f' WHERE {where}' if where else ''}"  # noqa: S608 - SOQL, names of the catalogue and of describe


def sliced(name: str, fields: Sequence[str], where: str = "") -> list[list[str]]:
    """Splits a field list so that the URI of each query stays short enough; each part has the Id to be joined on.

    Args:
        name: The object.
        fields: Its fields, `Id` first.
        where: The condition that goes with each query.
    """
    slices: list[list[str]] = []
    current: list[str] = []
    for field in fields:
        if current and len(quote_plus(select(name, [*current, field], where))) > MAX_URI_BYTES - _PATH_BYTES:
            slices.append(current)
            current = ["Id"]
        current.append(field)
    return [*slices, current]


def literal(moment: datetime) -> str:
    """Writes a moment as SOQL wants it: UTC, whole seconds, no quotes."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
