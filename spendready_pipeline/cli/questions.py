"""Prints an org's answers to the questions about the audit's assumptions, within 80 columns."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

from spendready_pipeline.salesforce.questions import AnsweredQuestion
from spendready_pipeline.text import visible

WIDTH = 80
_LABELS = 11
_LONGEST = 400
"""Characters of one text; an org may have any number of values."""


def print_answers(org: str, asked: Sequence[AnsweredQuestion], out: TextIO) -> None:
    """Prints the answers of one org to the questions."""
    print(f"{org}: the audit's assumptions, asked of this org", file=out)
    for number, each in enumerate(asked, 1):
        print(file=out)
        _print(f"{number}", each.question.text, out)
        for query in each.question.asks if each.answer else ():
            _print("asked", query, out)
        if each.answer:
            _print("answer", each.answer.found, out)
            _print("meaning", each.answer.meaning, out)
        if each.question.by_hand:
            _print("by hand", each.question.by_hand, out)


def _print(label: str, text: str, out: TextIO) -> None:
    shown = textwrap.shorten(visible(text), _LONGEST, placeholder=" ...")
    indent = " " * _LABELS
    first = f"{label:>{_LABELS - 2}}  "
    print(textwrap.fill(shown, WIDTH, initial_indent=first, subsequent_indent=indent), file=out)
