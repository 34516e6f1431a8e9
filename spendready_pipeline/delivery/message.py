"""What a destination is told, in plain text that fits what its service carries."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_LINE = 300
"""Characters of one line; the tables have all of it."""
_LISTED = (10, 5, 3, 1, 0)
# What a chat takes for a mention, a link or a command: broken by a character that nobody sees.
_ACTIVE = re.compile(r"(?<!\w)@(?=\w)|<(?=[!@#a-zA-Z/])|\](?=\()|:(?=//)")


@dataclass(frozen=True)
class Part:
    """A heading and what belongs under it.

    Attributes:
        lines: The most important ones first.
        total: How many there are in all.
    """

    heading: str
    lines: tuple[str, ...]
    total: int


@dataclass(frozen=True)
class Message:
    """What is said to a destination.

    Attributes:
        title: The subject.
        lead: What matters most, a sentence or two.
        parts: The rest; cut where a service carries less.
        closing: Where the report and the tables are.
        is_alert: Something is broken: services that call people out tell it from a report by this.
    """

    title: str
    lead: str
    parts: tuple[Part, ...] = ()
    closing: str = ""
    is_alert: bool = False

    def text(self, limit: int) -> str:
        """The message in at most so many characters, the lists shortened as far as that takes."""
        said = ""
        for listed in _LISTED:
            said = "\n\n".join(filter(None, [self.lead, *(_said(each, listed) for each in self.parts), self.closing]))
            if len(said) <= limit:
                return said
        return f"{said[: max(limit - 1, 0)]}…"


def _said(part: Part, listed: int) -> str:
    lines = [f"- {each}" for each in part.lines[:listed]]
    more = part.total - len(lines)
    if lines and more > 0:
        lines.append(f"- and {more:,} more")
    return "\n".join([part.heading, *lines])


def harmless(text: str, longest: int = LONGEST_LINE, addresses: bool = False) -> str:
    """Text of the org as one line that no chat, mail program or terminal takes for more than text.

    Args:
        text: Data.
        longest: Characters after which it is cut.
        addresses: Whether web addresses stay such: in words of ours, whose address somebody has to open or to look at.
    """
    line = " ".join(text.split())
    line = "".join(each for each in line if unicodedata.category(each)[0] != "C")
    line = line if len(line) <= longest else f"{line[:longest]}…"
    return _ACTIVE.sub(lambda found: found[0] if addresses and found[0] == ":" else f"{found[0]}\u2060", line)
