"""LoginHistory: logins, as long as they are remembered; there may be none."""

from expectations.checks import filled, identity, not_later, shape, values
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of LoginHistory."""
    return (
        shape("LoginHistory"),
        identity(),
        values("Last activity and dormancy are read from logins' users and moments", filled("UserId", "LoginTime")),
        not_later("LoginTime", "Days since a login are counted up to the snapshot, so none is after it"),
    )
