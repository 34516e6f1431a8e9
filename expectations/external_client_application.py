"""ExternalClientApplication: external client apps; there may be none."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of ExternalClientApplication."""
    return (
        shape("ExternalClientApplication"),
        identity(),
    )
