"""UserLogin: who is frozen or locked out."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of UserLogin."""
    return (
        shape("UserLogin"),
        identity(),
    )
