"""ConnectedApplication: connected apps that the org installed or made; there may be none."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of ConnectedApplication."""
    return (
        shape("ConnectedApplication"),
        identity(),
    )
