"""PermissionSetGroup: permission sets under one name; an org may have none."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSetGroup."""
    return (
        shape("PermissionSetGroup"),
        identity(),
    )
