"""Answers that clients fetch page by page: which rows a query lets out at all, and the cursors behind its locators.

Cursors: App Limits Cheatsheet, API Query Cursor Limits. OauthToken: its page of the Object Reference (a query returns
at most 500 rows, each queryMore 500 more, and no more than 2,500 in all).
"""

import secrets
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from demo_org.soql.engine import Answer

CURSOR_SECONDS = 2 * 24 * 60 * 60
KEPT_CURSORS = 64
"""An org has no such bound; here it keeps the answers of clients that went away from filling the memory."""
_ID_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Cap:
    """What an object's queries are cut to.

    Attributes:
        batch: Rows a page.
        total: Rows a query, over all its pages. `done` is then true while `totalSize` and COUNT() tell the whole;
            what a real org says in `done` is not documented.
    """

    batch: int
    total: int


CAPS = {"OauthToken": Cap(batch=500, total=2500)}


@dataclass(frozen=True)
class Cursor:
    """An answer that is being fetched page by page.

    Attributes:
        id: What its locators begin with, `01g...`.
        answer: The rows.
        batch: Rows a page.
        session: The access token that it belongs to.
        opened: The moment it was opened, in seconds of the store's clock.
    """

    id: str
    answer: Answer
    batch: int
    session: str
    opened: float

    @property
    def rows(self) -> int:
        """Rows that its pages hold in all."""
        return reachable_rows(self.answer)


@dataclass
class Cursors:
    """The open cursors of one org; safe to use from several threads.

    Attributes:
        clock: Seconds that go by; real time unless a test says otherwise.
        kept: How many cursors are kept; the oldest give way.
    """

    clock: Callable[[], float] = time.monotonic
    kept: int = KEPT_CURSORS
    _open: dict[str, Cursor] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, answer: Answer, batch: int, session: str) -> Cursor:
        """Opens a cursor for a session."""
        id_ = "01g" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(15))
        cursor = Cursor(id_, answer, batch, session, self.clock())
        with self._lock:
            self._open[cursor.id] = cursor
            while len(self._open) > self.kept:
                del self._open[next(iter(self._open))]
        return cursor

    def find(self, cursor_id: str, session: str) -> Cursor | None:
        """Returns a session's cursor; None where there is none, or it is two days old."""
        with self._lock:
            cursor = self._open.get(cursor_id)
        if cursor is None or cursor.session != session or self.clock() - cursor.opened > CURSOR_SECONDS:
            return None
        return cursor

    def drop_all(self) -> None:
        """Forgets every cursor; an answer is freed as soon as no other thread reads a page of it any more."""
        with self._lock:
            self._open.clear()


def reachable_rows(answer: Answer) -> int:
    """Returns how many of an answer's rows can be fetched at all."""
    cap = CAPS.get(answer.object_name) if answer.kind == "records" else None
    return min(answer.total_size, cap.total) if cap else answer.total_size
