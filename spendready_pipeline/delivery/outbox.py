"""What was delivered where: a small SQLite file of its own, since the warehouse may be made anew.

An intent is on the disk before anything is sent, its result after. One process at a time holds the ledger, so that an
intent without a result is a crash in between, and two that want to send the same do not both.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from filelock import FileLock, Timeout

from spendready_pipeline.errors import OrgError

LOCK_SECONDS = 60.0
"""How long one waits for another who delivers: as long as a mail server may take to answer."""
State = Literal["sending", "sent", "failed", "refused", "uncertain"]


class LedgerUnusableError(OrgError):
    """The ledger cannot be read or written, or another process keeps it: nobody knows what was delivered."""


class Entry(NamedTuple):
    """What became of one delivery.

    `failed` is certain to have reached nobody; so is `refused`, and the same message will be refused again; `uncertain`
    may have arrived. A delivery that is `sent` has a reason where it was not sent as a whole.
    """

    state: State
    reason: str


class Ledger:
    """The deliveries of one org, by occasion, destination and recipient. Holds no secret.

    An occasion is a snapshot's date, or what an alert is about. A recipient is a mail address where a destination
    mails to several, else empty.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def entry(self, occasion: str, destination: str, recipient: str) -> Entry | None:
        """Finds a delivery; None where nothing was tried yet."""
        row = self._connection.execute(
            "select state, reason from outcome where occasion = ? and destination = ? and recipient = ?",
            (occasion, destination, recipient),
        ).fetchone()
        return Entry(*row) if row else None

    def record(self, occasion: str, destination: str, recipient: str, state: State, reason: str = "") -> None:
        """Writes what became of a delivery; on the disk when this returns."""
        self._connection.execute(
            "insert or replace into outcome (occasion, destination, recipient, state, reason, at) "
            "values (?, ?, ?, ?, ?, datetime('now'))",
            (occasion, destination, recipient, state, reason),
        )

    def forget(self, occasion: str, destination: str | None = None) -> None:
        """Makes a delivery as if it had never been tried, or all of an occasion."""
        self._connection.execute(
            "delete from outcome where occasion = ?1 and destination = coalesce(?2, destination)",
            (occasion, destination),
        )

    def owe(self, occasion: str, destination: str, message: str) -> None:
        """Keeps what a destination is to be told until it was; on the disk when this returns."""
        self._connection.execute(
            "insert or replace into owed (occasion, destination, message, at) values (?, ?, ?, datetime('now'))",
            (occasion, destination, message),
        )

    def owed(self) -> list[tuple[str, str, str]]:
        """What destinations have not been told: occasion, destination and message, the oldest first."""
        return self._connection.execute(
            "select occasion, destination, message from owed order by at, occasion, destination"
        ).fetchall()

    def settle(self, occasion: str, destination: str) -> None:
        """Forgets what was owed, unless it failed to reach some recipient and is owed still."""
        self._connection.execute(
            "delete from owed where occasion = ?1 and destination = ?2 and not exists (select * from outcome "
            "where occasion = ?1 and destination = ?2 and state in ('failed', 'sending'))",
            (occasion, destination),
        )

    def withdraw(self, about: str) -> None:
        """Forgets what is owed of occasions that begin with this: it is not so any more."""
        self._connection.execute("delete from owed where substr(occasion, 1, length(?1)) = ?1", (about,))

    def write_off(self, days: int) -> None:
        """Forgets what has been owed for longer than that: nobody is helped by it any more."""
        self._connection.execute("delete from owed where at < datetime('now', ?)", (f"-{days} days",))


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Opens the ledger of an org, for one process alone; made where it is not there.

    Raises:
        LedgerUnusableError: It cannot be read or written, or another process holds it for longer than a delivery takes.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise LedgerUnusableError(
            f"{path.parent.name}: another delivery of this org is under way", "Wait until it has ended"
        ) from None
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from None
    try:
        with _tables(str(path)) as connection:
            yield Ledger(connection)
    except sqlite3.Error as error:
        raise _unusable(path, str(error)) from None
    finally:
        lock.release()


@contextmanager
def forgetful_ledger() -> Iterator[Ledger]:
    """A ledger that nobody finds again: for what has to be said though none can be kept."""
    with _tables(":memory:") as connection:
        yield Ledger(connection)


@contextmanager
def _tables(database: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("pragma synchronous = full")
        connection.execute(
            "create table if not exists outcome (occasion text, destination text, recipient text, "
            "state text not null, reason text not null, at text not null, "
            "primary key (occasion, destination, recipient))"
        )
        connection.execute(
            "create table if not exists owed (occasion text, destination text, message text not null, "
            "at text not null, primary key (occasion, destination))"
        )
        yield connection


def _unusable(path: Path, why: str) -> LedgerUnusableError:
    return LedgerUnusableError(
        f"{path.parent.name}: {path.name}, which knows what was delivered, cannot be read or written ({why})",
        "Make room on the disk, let this user write there, or put back a copy; moved away, it is made anew, "
        "and what it knew of is sent once more",
    )
