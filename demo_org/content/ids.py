"""Salesforce ids: 15 characters that tell case apart, and the 3 that let them survive where case is lost.

An id is the object's key prefix (3), the instance (2), a reserved 0, and a number in base 62. The suffix has a
character for each run of five, which says where its capitals stand (Salesforce help, "18-character IDs").
"""

import hashlib
import string
from collections import defaultdict

from demo_org.schema import SOBJECTS

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHECKSUMS = string.ascii_uppercase + "012345"


def checksum(five: str) -> str:
    """Returns the suffix character of five characters: bit n is set where the n-th is a capital."""
    return CHECKSUMS[sum(1 << place for place, letter in enumerate(five) if letter in string.ascii_uppercase)]


def long_id(short: str) -> str:
    """Returns the 18-character form of a 15-character id."""
    return short + "".join(checksum(short[start : start + 5]) for start in (0, 5, 10))


def base62(number: int) -> str:
    """Writes a number in base 62."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    return digits or "0"


class Ids:
    """The ids of one org: counted up for each object; the instance characters come from the seed.

    Args:
        seed: Orgs of different seeds share no ids, save by rare chance.
    """

    CROWD = 100_000
    """Numbers from here on are for the records that are made in sets, see `sql`."""

    def __init__(self, seed: int) -> None:
        digest = hashlib.sha256(f"instance {seed}".encode()).digest()
        self.instance = "".join(DIGITS[10 + byte % 52] for byte in digest[:2])
        self._next: dict[str, int] = defaultdict(lambda: 1)

    def number(self, sobject: str, number: int) -> str:
        """Returns the 18-character id that an object's n-th record has."""
        return long_id(f"{SOBJECTS[sobject].key_prefix}{self.instance}0{base62(number).rjust(9, '0')}")

    def mint(self, sobject: str) -> str:
        """Returns the next id of an object."""
        number = self._next[sobject]
        self._next[sobject] = number + 1
        return self.number(sobject, number)

    def sql(self, sobject: str, number: str) -> str:
        """Returns the SQL expression of the id of a record made in a set; needs the macro of `MACRO`.

        Args:
            sobject: The object.
            number: SQL expression, from 0 and below 900 million: the number among the object's records.
        """
        stem = f"{SOBJECTS[sobject].key_prefix}{self.instance}00000"
        return f"org_id('{stem}', '{checksum(stem[:5])}A', {number} + {self.CROWD})"


def _digit(place: int) -> str:
    return f"(number // {62**place}) % 62"


_LETTERS = " || ".join(f"substr('{DIGITS}', 1 + {_digit(place)}, 1)" for place in (4, 3, 2, 1, 0))
_CAPITALS = " + ".join(f"{1 << bit} * ({_digit(4 - bit)} between 10 and 35)::integer" for bit in range(5))
MACRO = (
    "create temporary macro org_id(stem, checks, number) as "
    f"stem || {_LETTERS} || checks || substr('{CHECKSUMS}', 1 + {_CAPITALS}, 1)"
)
"""SQL macro that writes ids: only the last five characters vary, so the first two checksums are given."""
