"""Profile: what a user may do before any permission set."""

from expectations.checks import identity, shape, volume
from spendready_pipeline.quality import Check


def suite() -> tuple[Check, ...]:
    """What is expected of Profile."""
    return (
        shape("Profile"),
        identity(),
        volume("The reader has a profile, so there is one"),
    )
