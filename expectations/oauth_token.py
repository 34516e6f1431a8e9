"""OauthToken: tokens that apps hold for users; there may be none.

`Id` is no key: it is "reserved for future use, value is always null" (Object Reference), though orgs give some. A
token may name no user (describe: UserId is nillable): the findings have it all the same, without a user.
"""

from expectations.checks import filled, ids, least, shape, values
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of OauthToken."""
    return (
        shape("OauthToken"),
        ids(),
        values("Whose a token is, is told by its user", filled("UserId"), name="users"),
        values("A token that was never used is told by its count", least(UseCount=0)),
    )
