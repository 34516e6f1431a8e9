"""How values are said: dates, money, numbers, evidence, in the words of the reader and always the same way."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

MOST_VALUES = 4
LONGEST_DETAILS = 320
"""Characters; the tables have all of it."""
_ACRONYMS = {"ips": "IPs", "ip": "IP", "id": "id", "ui": "UI", "api": "API", "psl": "license"}
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00(?::?00)?)")


def day(moment: date | datetime | None) -> str:
    """A day as people write it, e.g. `3 Nov 2026`; a moment's in UTC."""
    return f"{moment.day} {moment:%b %Y}" if moment else "–"


def minute(moment: datetime | None) -> str:
    """A moment to the minute, e.g. `3 Nov 2026, 06:00 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC" if moment else "–"


def count(number: int | None, one: str = "", many: str = "") -> str:
    """A number and what it counts, e.g. `1,204 tokens`."""
    if number is None:
        return "–"
    return f"{number:,} {one if number == 1 else many or one + 's'}" if one else f"{number:,}"


def tokens_of_users(tokens: int, users: int) -> str:
    """How many tokens of how many users, e.g. `2 tokens of 1 user`; Salesforce may name no user of a token."""
    return f"{count(tokens, 'token')} of {count(users, 'user') if users else 'users that are not named'}"


def money(amount: Decimal | None, currency: str | None) -> str:
    """A year's amount, e.g. `14,700 USD`; with cents where it has any, so that what is added up is what is shown."""
    if amount is None:
        return "–"
    return f"{amount:,.{2 if amount % 1 else 0}f} {currency or ''}".strip()


def words(name: str) -> str:
    """A column's or a type's name in words, e.g. `source_ips`: `Source IPs`."""
    said = " ".join(_ACRONYMS.get(each, each) for each in name.split("_"))
    return said[:1].upper() + said[1:]


def listing(values: Iterable[str], most: int = MOST_VALUES) -> str:
    """The first of the values, and how many more there are."""
    values = list(values)
    more = len(values) - most
    return ", ".join(values[:most]) + (f" (+{more:,})" if more > 0 else "")


def details(evidence: Mapping[str, Any], columns: Iterable[str]) -> str:
    """The evidence in these columns, as far as there is any, e.g. `License: Salesforce · Frozen: yes`."""
    values = [(name, evidence.get(name)) for name in columns]
    texts = [
        (_label(name, value), _ways(value) if name == "granted_through" else _value(value)) for name, value in values
    ]
    text = " · ".join(f"{words(label)}: {text}" for label, text in texts if text)
    return text if len(text) <= LONGEST_DETAILS else f"{text[:LONGEST_DETAILS]}…"


def _label(name: str, value: Any) -> str:  # noqa: ANN401
    """What a value is called: the name of a licence is a licence, but that a name is temporary is no such thing."""
    return name.removeprefix("is_") if isinstance(value, bool) else name.removesuffix("_name")


def _ways(ways: Iterable[Mapping[str, str]] | None) -> str:
    """The permissions by what grants them, e.g. `permission set Export (DataExport, ViewAllData)`."""
    granted: dict[str, list[str]] = {}
    for way in ways or ():
        kind = "permission set group" if way["kind"] == "group" else way["kind"].replace("_", " ")
        granted.setdefault(f"{kind} {way['name']}", []).append(way["permission"])
    return listing([f"{through} ({listing(permissions)})" for through, permissions in granted.items()])


def _value(value: Any) -> str:  # noqa: ANN401
    """One value of JSON; empty for what says nothing."""
    if value is None or value is False or value in ("", [], {}):
        return ""
    if value is True:
        return "yes"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return listing([_value(each) for each in value])
    if isinstance(value, dict):
        return " ".join(filter(None, map(_value, value.values())))
    moment = _MOMENT.fullmatch(str(value))
    return minute(datetime.fromisoformat(str(value))) if moment else str(value)
