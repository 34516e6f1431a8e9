"""What was delivered where: a small SQLite file of its own, since the warehouse may be made anew.

An intent is on the disk before anything is sent, its result after. An intent without a result is a crash in between.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

State = Literal["sending", "sent", "failed", "uncertain"]


class Entry(NamedTuple):
    """What became of one delivery; `failed` is certain to have reached nobody, `uncertain` may have arrived."""

    state: State
    reason: str


class Ledger:
    """The deliveries of one org, by snapshot date, destination and recipient. Holds neither addresses nor secrets.

    A recipient is a mail address where a destination mails to several, else empty.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def entry(self, date: str, destination: str, recipient: str) -> Entry | None:
        """Finds a delivery; None where nothing was tried yet."""
        row = self._connection.execute(
            "select state, reason from delivery where date = ? and destination = ? and recipient = ?",
            (date, destination, recipient),
        ).fetchone()
        return Entry(*row) if row else None

    def record(self, date: str, destination: str, recipient: str, state: State, reason: str = "") -> None:
        """Writes what became of a delivery; on the disk when this returns."""
        self._connection.execute(
            "insert or replace into delivery (date, destination, recipient, state, reason, at) "
            "values (?, ?, ?, ?, ?, datetime('now'))",
            (date, destination, recipient, state, reason),
        )

    def forget(self, destination: str) -> None:
        """Makes the newest delivery to a destination as if it had never been tried."""
        self._connection.execute(
            "delete from delivery where destination = ?1 "
            "and date = (select max(date) from delivery where destination = ?1)",
            (destination,),
        )


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Opens the ledger of an org; made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        connection.execute("pragma synchronous = full")
        connection.execute(
            "create table if not exists delivery (date text, destination text, recipient text, state text not null, "
            "reason text not null, at text not null, primary key (date, destination, recipient))"
        )
        yield Ledger(connection)
    finally:
        connection.close()
