"""Pieces of an object: conditions of queries that share no row and together have all rows.

A query that Salesforce gives up on (QUERY_TIMEOUT, after two minutes) is asked for in halves.
"""

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from spendready_pipeline.salesforce.extract.soql import literal

MAX_HALVINGS = 6
"""How often a piece is halved: 64 times fewer rows a query, and the object fails after a bounded time."""
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH = 15


class Piece(Protocol):
    """Some rows of an object."""

    @property
    def where(self) -> str:
        """The condition of its rows, without the word; empty for every row."""

    def halves(self) -> Sequence["Piece"]:
        """Gives smaller pieces that together are this one; none where it cannot be cut."""


@dataclass(frozen=True)
class TimeWindow:
    """Rows by a moment.

    Attributes:
        field: The field that has the moment.
        start: The first moment, whole seconds.
        end: The moment behind the last one.
        is_open: Later rows belong to it as well, as some may come while it is read.
    """

    field: str
    start: datetime
    end: datetime
    is_open: bool = False

    @property
    def where(self) -> str:
        """The condition of its rows."""
        begun = f"{self.field} >= {literal(self.start)}"
        return begun if self.is_open else f"{begun} AND {self.field} < {literal(self.end)}"

    def halves(self) -> Sequence[Piece]:
        """Gives its two halves in time; none within a second."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        if middle - self.start < timedelta(seconds=1):
            return ()
        return (
            TimeWindow(self.field, self.start, middle),
            TimeWindow(self.field, middle, self.end, self.is_open),
        )


@dataclass(frozen=True)
class IdRange:
    """Rows by their Id, as Salesforce's own PK chunking cuts objects (Bulk API Guide, PK Chunking).

    Attributes:
        first_and_last: Gives the first and the last Id of the object; asked only once it has to be cut.
        start: The first Id, 15 characters; None: from the beginning.
        end: The Id behind the last one; None: to the end.
    """

    first_and_last: Callable[[], tuple[str, str] | None]
    start: str | None = None
    end: str | None = None

    @property
    def where(self) -> str:
        """The condition of its rows."""
        bounds = (f"Id >= '{self.start}'" if self.start else "", f"Id < '{self.end}'" if self.end else "")
        return " AND ".join(each for each in bounds if each)

    def halves(self) -> Sequence[Piece]:
        """Gives its two halves of Ids; none where there is one Id at most."""
        known = self.first_and_last()
        if known is None:
            return ()
        low, high = _number(self.start or known[0]), _number(self.end or known[1])
        middle = (low + high + 1) // 2
        if not low < middle:
            return ()
        cut = _id(middle)
        return IdRange(self.first_and_last, self.start, cut), IdRange(self.first_and_last, cut, self.end)


def _number(record_id: str) -> int:
    number = 0
    for character in record_id[:_ID_LENGTH]:
        number = number * len(_DIGITS) + _DIGITS.index(character)
    return number


def _id(number: int) -> str:
    characters = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        characters.append(_DIGITS[digit])
    return "".join(reversed(characters))
