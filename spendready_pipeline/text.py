"""Text for a terminal: what others wrote made safe to print, and numbers with their nouns."""

import unicodedata


def visible(text: str) -> str:
    """The text with what a terminal would obey, or would not show, by its code."""
    return "".join(each if unicodedata.category(each)[0] not in "C" else f"<U+{ord(each):04X}>" for each in text)


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun, e.g. `1 row`, `1,633 rows`; `many` is the plural where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
