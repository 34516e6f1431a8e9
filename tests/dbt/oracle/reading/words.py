"""Words in names, globs, and the seeds that the rules leave their lists to."""

import csv
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise

from tests.dbt.oracle.reading.org import plain
from tests.dbt.orgs import DBT_PROJECT


@cache
def seed(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a seed."""
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(newline="") as file:
        return tuple(csv.DictReader(file))


def matches(text: str, glob: str) -> bool:
    """A glob of the policy matches the whole of a name; only `*` and `?` are signs."""
    return fnmatchcase(plain(text), plain(glob).replace("[", "[[]"))


def letters_and_digits(text: str | None) -> str:
    """What apps' names are compared on: letters and digits alone, in lower case."""
    return "".join(each for each in plain(text or "") if unicodedata.category(each)[0] == "L" or _is_decimal(each))


def _is_decimal(letter: str) -> bool:
    return unicodedata.category(letter) == "Nd"


def _kind(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in {"Lu", "Ll"}:
        return category
    return {"L": "letter", "N": "digit"}.get(category[0], "sign")


def words(text: str) -> list[str]:
    """The words of a name, in lower case.

    Split at everything that is not a letter or digit, between a letter and a digit, from lower to upper case, and
    before the last capital of a run that a lower-case letter follows.
    """
    found = [""]
    for position, letter in enumerate(text):
        kind = _kind(letter)
        before = _kind(text[position - 1]) if position else "sign"
        after = _kind(text[position + 1]) if position + 1 < len(text) else "sign"
        if kind == "sign":
            found.append("")
            continue
        new = (kind == "digit") != (before == "digit")
        new |= before == "Ll" and kind == "Lu"
        new |= before == "Lu" and kind == "Lu" and after == "Ll"
        if new:
            found.append("")
        found[-1] += letter
    return [plain(each) for each in found if each]


def has_word(texts: Iterable[str | None], sought: Iterable[str], joined: bool = False) -> bool:
    """One of the words stands in one of the texts; where joined, also as two neighbours."""
    wanted = {plain(each) for each in sought}
    for text in texts:
        found = words(text or "")
        pairs = [left + right for left, right in pairwise(found)] if joined else []
        if wanted.intersection(found + pairs):
            return True
    return False
