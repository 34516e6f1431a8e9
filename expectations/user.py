"""User: everyone who can sign in, people and integrations alike."""

from expectations.checks import filled, identity, key_prefix, shape, values, volume
from spendready_pipeline.quality.validation import Check


def suite() -> tuple[Check, ...]:
    """What is expected of User."""
    return (
        shape("User"),
        identity(),
        key_prefix("005"),
        volume("An org has users: the reader is one"),
        values(
            "Integration users are known by their usernames, and ages count from creation",
            filled("Username", "CreatedDate"),
        ),
    )
