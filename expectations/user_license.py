"""UserLicense: the seats of each licence that the org bought."""

from expectations.checks import identity, key_prefix, least, shape, values, volume
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of UserLicense."""
    return (
        shape("UserLicense"),
        identity(),
        key_prefix("100"),
        volume("Every user has a licence, so there is one"),
        values("Seats are counts (-1: no limit), and unused ones are priced", least(TotalLicenses=-1, UsedLicenses=0)),
    )
