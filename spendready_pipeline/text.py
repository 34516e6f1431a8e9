"""Text that others wrote, made safe to print."""

import unicodedata


def visible(text: str) -> str:
    """The text with what a terminal would obey, or would not show, by its code."""
    return "".join(each if unicodedata.category(each)[0] not in "C" else f"<U+{ord(each):04X}>" for each in text)
