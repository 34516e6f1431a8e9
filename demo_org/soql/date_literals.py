"""Date literals: `TODAY`, `LAST_N_DAYS:30`, `THIS_FISCAL_QUARTER` and kin, as the days that they span.

From the SOQL and SOSL Reference, Date Formats and Date Literals in WHERE. Days and weeks are those of UTC and of an
English locale (weeks start on Sunday); the fiscal year is the calendar year.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from demo_org.soql.errors import malformed, unexpected
from demo_org.soql.syntax import Literal

DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
STEPS = {"LAST": -1, "THIS": 0, "NEXT": 1}
UNITS = ("WEEK", "MONTH", "QUARTER", "YEAR")
PLURALS = {"DAYS": "DAY"} | {f"{unit}S": unit for unit in UNITS}
MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
MAX_DIGITS = 5
"""Digits that the n of `LAST_N_DAYS:n` may have."""


@dataclass(frozen=True)
class Span:
    """Days from `first` up to, but without, `after`."""

    first: date
    after: date


def span(literal: Literal, today: date) -> Span:
    """The days that a date literal spans.

    Raises:
        Refusal: The word is no date literal, or reaches beyond the calendar.
    """
    word = literal.text.upper().replace("FISCAL_QUARTER", "QUARTER").replace("FISCAL_YEAR", "YEAR")
    try:
        found = _around(word, today) if literal.count is None else _counted(word, _count(literal.count), today)
    except (OverflowError, ValueError):
        raise malformed(f"invalid date literal: {literal.text}:{literal.count}", literal.at) from None
    if found is None:
        raise unexpected(literal.text, literal.at)
    return found


def _count(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise OverflowError(digits)
    return int(digits)


def _around(word: str, today: date) -> Span | None:
    """`LAST_WEEK`, `THIS_MONTH`, `NEXT_YEAR`: the unit that holds today, or the one before or after."""
    match word.split("_"):
        case [day] if day in DAYS:
            return _units("DAY", today, DAYS[day], 1)
        case [which, "90", "DAYS"] if which != "THIS":
            return _counted(f"{which}_N_DAYS", 90, today)
        case [which, unit] if which in STEPS and unit in UNITS:
            return _units(unit, today, STEPS[which], 1)
    return None


def _counted(word: str, count: int, today: date) -> Span | None:
    """`LAST_N_DAYS:n` (today included, unlike the other units), `NEXT_N_WEEKS:n`, `N_MONTHS_AGO:n`."""
    match word.split("_"):
        case ["LAST", "N", "DAYS"]:
            return _units("DAY", today, -count, count + 1)
        case ["LAST", "N", units] if units in PLURALS:
            return _units(PLURALS[units], today, -count, count)
        case ["NEXT", "N", units] if units in PLURALS:
            return _units(PLURALS[units], today, 1, count)
        case ["N", units, "AGO"] if units in PLURALS:
            return _units(PLURALS[units], today, -count, 1)
    return None


def _units(unit: str, today: date, steps: int, count: int) -> Span:
    """So many units, the first of them so many steps from the one that holds today."""
    return Span(_start(unit, today, steps), _start(unit, today, steps + count))


def _start(unit: str, today: date, steps: int) -> date:
    if unit == "DAY":
        return today + timedelta(steps)
    if unit == "WEEK":
        return today - timedelta(today.isoweekday() % 7) + timedelta(weeks=steps)
    length = MONTHS[unit]
    first = today.year * 12 + (today.month - 1) // length * length + steps * length
    return date(first // 12, first % 12 + 1, 1)
