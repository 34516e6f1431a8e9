"""AppMenuItem: what leads from a token to its app; there may be none."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of AppMenuItem."""
    return (
        shape("AppMenuItem"),
        identity(),
    )
