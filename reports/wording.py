"""How values are said: dates, money, numbers, evidence, in the words of the reader and always the same way."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

MOST_VALUES = 4
CODES = {
    "app_decommissioned": "the app was given up",
    "not_approved": "not approved",
    "not_installed": "not installed",
    "not_needed": "nothing that is assigned needs it",
    "permission_set_license": "permission set licence",
    "salesforce_client": "a client of Salesforce's own",
    "user_dormant": "is not active any more",
    "user_frozen": "is frozen",
    "user_inactive": "is deactivated",
    "user_license": "user licence",
}
"""Values of `CODED` evidence, in the words of the summaries."""
CODED = ("reasons", "license_kind")
SAID_BY_SUMMARIES = ("never_used", "never_logged_in", "login_as", "last_attempt_failed")
"""Evidence that the summaries of its types say in words of their own."""
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


def details(evidence: Mapping[str, Any], summary: str) -> str:
    """The evidence that the summary does not already say; ids are for the tables."""
    said = []
    for name, value in evidence.items():
        if name.endswith("_id") or name in SAID_BY_SUMMARIES or _is_its_last(name, value, evidence):
            continue
        text = _ways(value) if name == "granted_through" and value else _unsaid(name, value, summary)
        if text:
            said.append(f"{words(_label(name, value))}: {text}")
    text = " · ".join(said)
    return text if len(text) <= LONGEST_DETAILS else f"{text[:LONGEST_DETAILS]}…"


def _label(name: str, value: Any) -> str:  # noqa: ANN401
    """What a value is called: the name of a licence is a licence, but that a name is temporary is no such thing."""
    return name.removeprefix("is_") if isinstance(value, bool) else name.removesuffix("_name")


def _is_its_last(name: str, value: Any, evidence: Mapping[str, Any]) -> bool:  # noqa: ANN401
    """Whether it is the first of a kind that happened once: its last says the same."""
    return name.startswith("first_") and value == evidence.get(f"last_{name.removeprefix('first_')}")


def _ways(ways: Iterable[Mapping[str, str]]) -> str:
    """The permissions by what grants them, e.g. `permission set Export (DataExport, ViewAllData)`."""
    granted: dict[str, list[str]] = {}
    for way in ways:
        kind = "permission set group" if way["kind"] == "group" else way["kind"].replace("_", " ")
        granted.setdefault(f"{kind} {way['name']}", []).append(way["permission"])
    return listing([f"{through} ({listing(permissions)})" for through, permissions in granted.items()])


def _unsaid(name: str, value: Any, summary: str) -> str:  # noqa: ANN401
    """What the summary does not say of a value: of codes those that it lacks, of other lists all or nothing."""
    if not isinstance(value, list):
        text = CODES.get(str(value), _value(value)) if name in CODED else _value(value)
        return "" if _says(summary, name, value, text) else text
    if name in CODED:
        return listing([text for text in (CODES.get(str(each), str(each)) for each in value) if text not in summary])
    texts = list(map(_value, value))
    return "" if all(_says(summary, name, each, each) for each in texts[:MOST_VALUES]) else listing(texts)


def _says(summary: str, name: str, value: Any, text: str) -> bool:  # noqa: ANN401
    """Whether the summary has a value already: as it is, with or without commas, or a count of one as a word."""
    if name.endswith("_count") and text == "1" and re.search(r"(?<!\S)(?:once|one|a|an)(?!\w)", summary):
        return True
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", summary) for each in (text, str(value)))


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
