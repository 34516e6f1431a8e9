"""PermissionSetLicense: the seats of add-on licences; an org may have none."""

from expectations.checks import identity, least, shape, values
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of PermissionSetLicense."""
    return (
        shape("PermissionSetLicense"),
        identity(),
        values("Seats are counts (-1: no limit), and unused ones are priced", least(TotalLicenses=-1, UsedLicenses=0)),
    )
