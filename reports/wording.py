"""How values are said: dates, money, numbers, evidence, in the words of the reader and always the same way."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

MOST_VALUES = 4
CODES = ("reasons", "granted_through")
"""Evidence whose values are words of ours, such as `user_inactive`."""
LONGEST_DETAILS = 320
"""Characters; the tables have all of it."""
AUDIENCES = {"security": "Security", "it": "IT", "revops": "RevOps"}
"""Who acts, in the order of the document's sections; others follow under their own name."""
_ACRONYMS = {"ips": "IPs", "ip": "IP", "id": "id", "ui": "UI", "api": "API", "psl": "licence", "license": "licence"}
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


def money(amount: Decimal | None, currency: str | None) -> str:
    """A year's amount; whole units, since prices are."""
    return "–" if amount is None else f"{amount:,.0f} {currency or ''}".strip()


def words(name: str) -> str:
    """A column's or a type's name in words, e.g. `source_ips`: `Source IPs`."""
    said = " ".join(_ACRONYMS.get(each, each) for each in name.split("_"))
    return said[:1].upper() + said[1:]


def listing(values: Iterable[str], most: int = MOST_VALUES) -> str:
    """The first of the values, and how many more there are."""
    values = list(values)
    more = len(values) - most
    return ", ".join(values[:most]) + (f" (+{more:,})" if more > 0 else "")


def details(evidence: Mapping[str, Any], summary: str) -> str:
    """The evidence that the summary does not already say; ids are for the tables."""
    said = []
    for name, value in evidence.items():
        text = "" if name.endswith("_id") else _value(value)
        if name in CODES:
            text = text.replace("_", " ")
        if text and not _says(summary, name, text):
            said.append(f"{words(name.removesuffix('_name'))}: {text}")
    text = " · ".join(said)
    return text if len(text) <= LONGEST_DETAILS else f"{text[:LONGEST_DETAILS]}…"


def _says(summary: str, name: str, text: str) -> bool:
    """Whether the summary has a value already: as it is, or a count of one as a word."""
    if name.endswith("_count") and text == "1" and re.search(r"(?<!\S)(?:once|one|a|an)(?!\w)", summary):
        return True
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", summary) is not None


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
