"""PermissionSet: permissions by set; each profile owns one, too."""

from expectations.checks import identity, shape, volume
from spendready_pipeline.quality import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSet."""
    return (
        shape("PermissionSet"),
        identity(),
        volume("Every profile owns a permission set, so there is one"),
    )
