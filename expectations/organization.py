"""Organization: the org itself, a single record."""

from expectations.checks import identity, key_prefix, shape, volume
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of Organization."""
    return (
        shape("Organization"),
        identity(),
        key_prefix("00D"),
        volume("An org has exactly one record of itself", at_most=1),
    )
