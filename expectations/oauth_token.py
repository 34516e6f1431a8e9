"""OauthToken: tokens that apps hold for users; there may be none.

`Id` is no key: it is "reserved for future use, value is always null" (Object Reference), though orgs give some.
"""

from expectations.checks import identity, least, shape, values
from spendready_pipeline.quality import Check


def suite() -> tuple[Check, ...]:
    """What is expected of OauthToken."""
    return (
        shape("OauthToken"),
        identity(key="UserId"),
        values("A token that was never used is told by its count", least(UseCount=0)),
    )
