"""The org's own clock: what its `Date` header says and what its date literals count from."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


class Clock:
    """A clock that goes with real time, or stands where it was put.

    Args:
        stands_at: A moment with a time zone: the clock stands there until it is moved. None: it goes.
        skew: How far a going clock is ahead of this machine's (negative: behind).
    """

    def __init__(self, stands_at: datetime | None = None, skew: timedelta = timedelta(0)) -> None:
        if stands_at is not None and stands_at.tzinfo is None:
            raise ValueError("the org's clock needs a time zone")
        self._stands_at = stands_at.astimezone(UTC) if stands_at else None
        self._skew = skew

    def now(self) -> datetime:
        """Returns the org's moment, in UTC."""
        return self._stands_at or datetime.now(UTC) + self._skew

    def move(self, by: timedelta) -> None:
        """Moves the clock; one that stands goes on standing at its new moment."""
        if self._stands_at is not None:
            self._stands_at += by
        else:
            self._skew += by


def http_date(moment: datetime) -> str:
    """Returns a moment as HTTP's `Date` header has it, in whole seconds."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
