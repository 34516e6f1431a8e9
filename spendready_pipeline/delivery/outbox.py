"""Records what was delivered where, in an SQLite file of its own: the warehouse may be rebuilt, this may not.

The intent to send is on the disk before anything is sent, the result afterwards. One process at a time holds the
outbox. An intent without a result therefore means a crash in between, and two processes never send the same message.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from filelock import FileLock, Timeout

from spendready_pipeline.errors import OrgError

LOCK_SECONDS = 60.0
"""How long to wait for another delivery: as long as a mail server may take to answer."""
State = Literal["sending", "sent", "failed", "refused", "uncertain"]


class OutboxUnusableError(OrgError):
    """The outbox cannot be read or written, or another process holds it: what was delivered is unknown."""


class Entry(NamedTuple):
    """The result of one delivery.

    `failed` reached nobody for certain. So did `refused`, and the same message would be refused again. `uncertain` may
    have arrived. `sent` has a reason where only part of it was sent.
    """

    state: State
    reason: str


class Outbox:
    """The deliveries of one org, by occasion, destination and recipient. Holds no secret.

    An occasion is a snapshot date, or the subject of an alert. A recipient is a mail address where a destination
    mails to several, else empty.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def entry(self, occasion: str, destination: str, recipient: str) -> Entry | None:
        """Returns the result of a delivery; None before the first attempt."""
        row = self._connection.execute(
            "select state, reason from outcome where occasion = ? and destination = ? and recipient = ?",
            (occasion, destination, recipient),
        ).fetchone()
        return Entry(*row) if row else None

    def record(self, occasion: str, destination: str, recipient: str, state: State, reason: str = "") -> None:
        """Stores the result of a delivery; on the disk when this returns."""
        self._connection.execute(
            "insert or replace into outcome (occasion, destination, recipient, state, reason, at) "
            "values (?, ?, ?, ?, ?, datetime('now'))",
            (occasion, destination, recipient, state, reason),
        )

    def forget(self, occasion: str, destination: str | None = None) -> None:
        """Deletes the result of one delivery, or of all deliveries of an occasion, so that it is sent again."""
        self._connection.execute(
            "delete from outcome where occasion = ?1 and destination = coalesce(?2, destination)",
            (occasion, destination),
        )

    def enqueue(self, occasion: str, destination: str, message: str) -> None:
        """Stores a message for a destination until it is acknowledged; on the disk when this returns."""
        self._connection.execute(
            "insert or replace into owed (occasion, destination, message, at) values (?, ?, ?, datetime('now'))",
            (occasion, destination, message),
        )

    def is_new(self, occasion: str, destination: str) -> bool:
        """Returns whether nothing of an occasion is pending for a destination, or was sent to it."""
        found = self._connection.execute(
            "select 1 from outcome where occasion = ?1 and destination = ?2 "
            "union all select 1 from owed where occasion = ?1 and destination = ?2",
            (occasion, destination),
        ).fetchone()
        return found is None

    def pending(self) -> list[tuple[str, str, str]]:
        """Returns what is not acknowledged: occasion, destination and message, oldest first."""
        return self._connection.execute(
            "select occasion, destination, message from owed order by at, occasion, destination"
        ).fetchall()

    def acknowledge(self, occasion: str, destination: str) -> None:
        """Removes a pending message, unless a recipient still has to get it."""
        self._connection.execute(
            "delete from owed where occasion = ?1 and destination = ?2 and not exists (select * from outcome "
            "where occasion = ?1 and destination = ?2 and state in ('failed', 'sending'))",
            (occasion, destination),
        )

    def cancel(self, prefix: str) -> None:
        """Removes pending messages whose occasion begins with a prefix: they no longer apply."""
        self._connection.execute("delete from owed where substr(occasion, 1, length(?1)) = ?1", (prefix,))

    def expire(self, days: int) -> None:
        """Removes messages that have been pending for longer than this: they help nobody any more."""
        self._connection.execute("delete from owed where at < datetime('now', ?)", (f"-{days} days",))


@contextmanager
def open_outbox(path: Path, lock_seconds: float | None = None) -> Iterator[Outbox]:
    """Opens the outbox of an org for one process only; creates it where it does not exist.

    Args:
        path: The SQLite file.
        lock_seconds: How long to wait for another process that holds it; None: LOCK_SECONDS.

    Raises:
        OutboxUnusableError: It cannot be read or written, or another process holds it for longer than that.
    """
    lock = FileLock(
        path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS if lock_seconds is None else lock_seconds
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutboxUnusableError(
            f"{path.parent.name}: another delivery of this org is in progress", "Wait until it has finished"
        ) from None
    except OSError as error:
        raise _unusable_error(path, error.strerror or type(error).__name__) from None
    try:
        with _tables(str(path)) as connection:
            yield Outbox(connection)
    except sqlite3.Error as error:
        raise _unusable_error(path, str(error)) from None
    finally:
        lock.release()


@contextmanager
def in_memory_outbox() -> Iterator[Outbox]:
    """An outbox that is not kept: for an alert that must be sent though no outbox can be opened."""
    with _tables(":memory:") as connection:
        yield Outbox(connection)


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


def _unusable_error(path: Path, why: str) -> OutboxUnusableError:
    return OutboxUnusableError(
        f"{path.parent.name}: {path.name}, the record of what was delivered, cannot be read or written ({why})",
        "Free disk space, give this user write access, or restore a copy. If you move the file away, a new one is "
        "created, and what the old one recorded is sent again",
    )
