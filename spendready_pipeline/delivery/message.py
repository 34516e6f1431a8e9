"""The plain text of a message, shortened to what the service of a destination accepts."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_LINE = 300
"""Characters of one line; the tables have the full text."""
_LISTED = (10, 5, 3, 1, 0)
# What a chat takes for a mention, a link or a command: broken by an invisible character.
_ACTIVE = re.compile(r"(?<!\w)@(?=\w)|<(?=[!@#a-zA-Z/])|\](?=\()|:(?=//)")


@dataclass(frozen=True)
class Part:
    """A heading and the lines under it.

    Attributes:
        lines: The most important ones first.
        total: How many there are in all.
    """

    heading: str
    lines: tuple[str, ...]
    total: int


@dataclass(frozen=True)
class Message:
    """The message to a destination.

    Attributes:
        title: The subject.
        lead: What matters most, a sentence or two.
        parts: The rest; shortened where a service accepts less.
        closing: Where the report and the tables are.
        is_alert: Whether something is broken: on-call services tell an alert from a report by this.
    """

    title: str
    lead: str
    parts: tuple[Part, ...] = ()
    closing: str = ""
    is_alert: bool = False

    def text(self, limit: int) -> str:
        """Returns the message in at most `limit` characters, with the lists shortened as needed."""
        text = ""
        for listed in _LISTED:
            parts = (_render(part, listed) for part in self.parts)
            text = "\n\n".join(filter(None, [self.lead, *parts, self.closing]))
            if len(text) <= limit:
                return text
        return f"{text[: max(limit - 1, 0)]}…"


def _render(part: Part, listed: int) -> str:
    lines = [f"- {each}" for each in part.lines[:listed]]
    more = part.total - len(lines)
    if lines and more > 0:
        lines.append(f"- and {more:,} more")
    return "\n".join([part.heading, *lines])


def sanitize(text: str, longest: int = LONGEST_LINE, addresses: bool = False) -> str:
    """Returns text of the org as one line that no chat, mail program or terminal takes for more than text.

    Args:
        text: Untrusted text.
        longest: Characters after which it is cut.
        addresses: Whether web addresses stay links: in our own messages, whose address somebody has to open.
    """
    line = " ".join(text.split())
    line = "".join(each for each in line if unicodedata.category(each)[0] != "C")
    line = line if len(line) <= longest else f"{line[:longest]}…"
    return _ACTIVE.sub(lambda found: found[0] if addresses and found[0] == ":" else f"{found[0]}\u2060", line)
