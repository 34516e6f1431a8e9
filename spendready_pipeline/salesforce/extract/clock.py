"""Whether a snapshot's moment can be believed: everything that is kept is dated, compared and deleted by it.

The moment is the org's own clock, from one `Date` header. A proxy that stamps its own, a restored virtual machine or
whoever answers for the org can make it wrong, so it is compared with this machine's clock and with the newest snapshot.
"""

from datetime import datetime, timedelta

from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import snapshot_moment

PLAUSIBLE_YEARS = range(2000, 2100)
"""Salesforce has existed since 1999; a clock that has lost its battery starts in 1970."""
_LOOK = (
    "Set this machine's clock if it is wrong; else look for a proxy that puts its own Date header on the org's answers"
)


def check_clock(
    org: str,
    snapshot_at: datetime,
    local_now: datetime,
    skew_minutes: int | None,
    newest: str | None,
    is_org_clock: bool = True,
) -> None:
    """Refuses a snapshot whose moment cannot be right.

    Args:
        org: The org's name.
        snapshot_at: The moment of the snapshot that is about to be taken.
        local_now: This machine's clock at the same time.
        skew_minutes: How far both may differ (`limits.clock_skew_minutes`); None: they are not compared.
        newest: The folder name of the newest snapshot that counts; None: there is none.
        is_org_clock: Whether `snapshot_at` is the org's clock; False where its answer had no `Date`.

    Raises:
        OrgError: The moment is too far from this machine's clock, or before the newest snapshot.
    """
    theirs = f"the org's clock says {_text(snapshot_at)}" if is_org_clock else "the org's answer has no Date header"
    clocks = f"{org}: {theirs}, this machine's clock says {_text(local_now)}"
    if snapshot_at.year not in PLAUSIBLE_YEARS:
        raise OrgError(f"{clocks}: that is no clock. Nothing was read or loaded", _LOOK)
    skew = abs(snapshot_at - local_now)
    if skew_minutes is not None and skew > timedelta(minutes=skew_minutes):
        raise OrgError(
            f"{clocks}: {_duration(skew)} apart, where limits.clock_skew_minutes allows {skew_minutes} minutes. "
            "Nothing was read or loaded",
            f"{_LOOK}. For an org with a clock of its own, such as the demo org, set limits.clock_skew_minutes: null",
        )
    newest_at = snapshot_moment(newest) if newest else None
    if newest_at and snapshot_at < newest_at:
        raise OrgError(
            f"{clocks}: both the present moment and the newest snapshot, {newest}, cannot be right, because that "
            "snapshot would be from the future. Nothing was read or loaded"
            if newest_at > local_now
            else f"{clocks}: the snapshot would be older than the newest one, {newest}. Nothing was read or loaded",
            f"If {newest} was taken with a wrong clock, take it back: spendready forget {newest} --org {org}. "
            "If the clock is wrong now, correct it and run again",
        )


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _duration(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{round(length / timedelta(days=1)):,} days"
