"""Profile: what a user may do before any permission set."""

from expectations.checks import identity, key_prefix, shape, volume
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of Profile."""
    return (
        shape("Profile"),
        identity(),
        key_prefix("00e"),
        volume("The reader has a profile, so there is one"),
    )
