"""What a table need not say in every row: names that stand beside a text, and steps that all its rows share."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from reports.wording import day, words
from spendready_pipeline.review.facts import Cause, Finding

_SENTENCE_ENDS = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
_DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")


class Steps(NamedTuple):
    """What to do about findings of one type.

    Attributes:
        shared: What is the same for all, with `‹user›` and such in the place of names.
        own: What is not, finding by finding.
    """

    shared: tuple[str, ...]
    own: dict[str, str]


def steps(findings: Sequence[Finding]) -> Steps:
    """Tells the steps that all findings share from those that one alone has.

    Names of users and apps are looked past first; then, where that shares more, all names of the evidence.
    """
    if len(findings) < 2:
        return Steps((), {each.finding_id: each.remediation for each in findings})
    return max((_steps(findings, keys) for keys in (_app_name, _any_name)), key=lambda found: len(found.shared))


def _steps(findings: Sequence[Finding], keys: Callable[[str], bool]) -> Steps:
    said = {
        each.finding_id: {_general(step, each, keys): step for step in sentences(each.remediation)} for each in findings
    }
    every = iter(said.values())
    shared = tuple(next(every))
    for steps_of_one in every:
        shared = tuple(step for step in shared if step in steps_of_one)
    own = {
        finding_id: " ".join(step for general, step in steps_of_one.items() if general not in shared)
        for finding_id, steps_of_one in said.items()
    }
    return Steps(shared, own)


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return _SENTENCE_ENDS.split(text)


def _general(step: str, found: Finding, keys: Callable[[str], bool]) -> str:
    """A step with words in the place of names: the user's, and those that the evidence has under such keys."""
    names = [(found.username, "user")]
    names += [
        (value, words(key.removesuffix("_name")).lower())
        for key, value in found.evidence.items()
        if key.endswith("_name") and isinstance(value, str) and keys(key)
    ]
    for name, word in names:
        if name:
            step = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _, word=word: f"‹{word}›", step)  # type: ignore[misc]
    return step


def _no_name(_: str) -> bool:
    return False


def _app_name(key: str) -> bool:
    return key == "app_name"


def _any_name(_: str) -> bool:
    return True


def beside_its_names(found: Finding, cause: Cause | None = None) -> str:
    """The summary as it reads in a row that names its user, under a head that names its app."""
    text = found.summary
    if cause is not None and cause.name:
        text = text.replace(f" of {cause.name}", "", 1)
    if found.username:
        name = rf"(?<!\w){re.escape(found.username)}(?!\w)"
        # A token's app may be called like its user.
        said = rf" for {name}" if found.subject_type == "oauth_token" else rf"^{name} | (?:(?:as|for|of) )?{name}"
        text = re.sub(said, "", text, count=1)
        text = text if text == found.summary else text[:1].upper() + text[1:]
    return with_days(text, found)


def shared_within(cause: Cause, to_do: Steps) -> str:
    """What the findings of one cause still share, of what is not the same for all; nothing where that differs."""
    own = {_general(to_do.own[each.finding_id], each, _no_name) for each in cause.findings}
    return own.pop() if len(own) == 1 else ""


def with_days(text: str, found: Finding) -> str:
    """A text of ours with its days as the document writes them; one within a name stays as typed."""
    return days_in_words(
        text, " ".join(filter(None, (found.username, found.subject_name, str(found.evidence.get("app_name") or ""))))
    )


def days_in_words(text: str, names: str) -> str:
    """A text with its days as the document writes them, but those that these names have."""

    def written(match: re.Match[str]) -> str:
        try:
            return match[0] if match[0] in names else day(date.fromisoformat(match[0]))
        except ValueError:
            return match[0]

    return _DAY.sub(written, text)
