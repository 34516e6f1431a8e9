"""AuthSession: sessions open now; there may be none."""

from expectations.checks import identity, least, shape, values
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of AuthSession."""
    return (
        shape("AuthSession"),
        identity(),
        values("When a session ends is counted from its seconds", least(NumSecondsValid=0)),
    )
