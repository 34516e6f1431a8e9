"""The demo org's content: a plausible company with problems of every finding type, and a record of what was planted."""

from demo_org.content.build import build_org
from demo_org.content.company import READER_USERNAME
from demo_org.content.policy import demo_policy
from demo_org.content.weeks import FIRST_WEEK, rewind

__all__ = ["FIRST_WEEK", "READER_USERNAME", "build_org", "demo_policy", "rewind"]
