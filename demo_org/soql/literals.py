"""What literals mean: escapes in strings, wildcards of LIKE, record ids, numbers, days and moments.

From the SOQL and SOSL Reference: Quoted String Escape Sequences, Comparison Operators, Date Formats.
"""

from datetime import UTC, date, datetime
from string import hexdigits
from typing import TypeVar

from demo_org.soql.errors import Refusal, invalid_id, malformed
from demo_org.soql.syntax import Literal

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
WILDCARDS = "%_"
MAX_DIGITS = 18
"""Digits of a whole number that surely fits a BIGINT."""
FIRST_YEAR, LAST_YEAR = 1700, 4000
"""The years that Salesforce knows (SOQL and SOSL Reference, Minimum and Maximum Dates)."""

Day = TypeVar("Day", bound=date)


def string_value(literal: Literal) -> str:
    """What a quoted string means in a comparison.

    Raises:
        Refusal: An escape sequence that SOQL does not have.
    """
    return _characters(literal, like=False)


def like_pattern(literal: Literal) -> str:
    r"""What a quoted string means to LIKE, as a pattern whose escape character is the backslash.

    Raises:
        Refusal: An escape sequence that SOQL does not have.
    """
    return _characters(literal, like=True)


def record_id(literal: Literal) -> str:
    """The 15 characters that tell a record apart, of an id of 15 or 18 characters.

    Raises:
        Refusal: The string is no record id.
    """
    value = string_value(literal)
    if len(value) not in (15, 18) or not (value.isascii() and value.isalnum()):
        raise invalid_id(value, literal.at)
    return value[:15]


def number(literal: Literal) -> int | float:
    """A number: whole where it is written so and is not enormous."""
    digits = literal.text.lstrip("+-")
    return int(literal.text) if digits.isdecimal() and len(digits) <= MAX_DIGITS else float(literal.text)


def day(literal: Literal) -> date:
    """A day, written `YYYY-MM-DD`.

    Raises:
        Refusal: There is no such day, or not for Salesforce.
    """
    try:
        return _within_years(date.fromisoformat(literal.text))
    except ValueError:
        raise malformed(f"invalid date: {literal.text}", literal.at) from None


def moment(literal: Literal) -> datetime:
    """A moment, written `YYYY-MM-DDThh:mm:ss` with `Z` or an offset; in UTC.

    Raises:
        Refusal: There is no such moment, or not for Salesforce.
    """
    try:
        return _within_years(datetime.fromisoformat(literal.text.upper()).astimezone(UTC))
    except (ValueError, OverflowError):
        raise malformed(f"invalid dateTime: {literal.text}", literal.at) from None


def _within_years(value: Day) -> Day:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(value.year)
    return value


def _characters(literal: Literal, like: bool) -> str:
    body, characters, position = literal.text[1:-1], [], 0
    while position < len(body):
        character, length = _character(body[position : position + 6], like, literal)
        characters.append(character)
        position += length
    return _paired("".join(characters))


def _character(text: str, like: bool, literal: Literal) -> tuple[str, int]:
    """The first character that the text means, and how many it is written with."""
    if text[0] != "\\":
        return text[0], 1
    letter = text[1]
    if letter in WILDCARDS and like:
        return f"\\{letter}", 2
    if letter.lower() == "u":
        return _plain(_code_point(text[2:], literal), like), 6
    if letter.lower() in ESCAPES:
        return _plain(ESCAPES[letter.lower()], like), 2
    raise _illegal(f"\\{letter}", literal)


def _plain(character: str, like: bool) -> str:
    return f"\\{character}" if like and (character == "\\" or character in WILDCARDS) else character


def _code_point(digits: str, literal: Literal) -> str:
    if len(digits) != 4 or not set(digits) <= set(hexdigits):
        raise _illegal(f"\\u{digits}", literal)
    return chr(int(digits, 16))


def _paired(text: str) -> str:
    """Joins UTF-16 surrogates that were written as two escapes; a lone one becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _illegal(sequence: str, literal: Literal) -> Refusal:
    return malformed(
        f"Invalid string literal {literal.text}. Illegal character sequence '{sequence}' in string literal.",
        literal.at,
    )
