"""PermissionSetLicenseAssign: who holds an add-on licence; an org may have none."""

from expectations.checks import identity, shape
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSetLicenseAssign."""
    return (
        shape("PermissionSetLicenseAssign"),
        identity(),
    )
