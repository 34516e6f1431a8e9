"""PermissionSetGroupComponent: which set is in which group; an org may have none."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSetGroupComponent."""
    return (
        shape("PermissionSetGroupComponent"),
        identity(),
    )
