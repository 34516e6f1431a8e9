"""PermissionSetAssignment: who holds which permission set."""

from expectations.checks import identity, key_prefix, shape, volume
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSetAssignment."""
    return (
        shape("PermissionSetAssignment"),
        identity(),
        key_prefix("0Pa"),
        volume("Every user is assigned the set of its profile, so there is one"),
    )
