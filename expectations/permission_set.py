"""PermissionSet: permissions by set; each profile owns one, too."""

from expectations.checks import identity, key_prefix, shape, volume
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSet."""
    return (
        shape("PermissionSet"),
        identity(),
        key_prefix("0PS"),
        volume("Every profile owns a permission set, so there is one"),
    )
