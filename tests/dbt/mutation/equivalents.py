"""Mutants that no test can kill: each is listed with its reason, and a list that has gone stale is told."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from tests.dbt.mutation.mutants import Mutant


class Equivalents:
    """Reasons by (model, change), both with `*` for any text: some breaks mean the same wherever they occur.

    Args:
        reasons: Why a mutant cannot be told from its model.
    """

    def __init__(self, reasons: dict[tuple[str, str], str]) -> None:
        self.reasons = reasons

    @classmethod
    def read(cls, path: Path) -> "Equivalents":
        """Reads the list: model, then why, then the changes that it explains."""
        listed = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return cls(
            {
                (model, change): why
                for model, whys in listed.items()
                for why, changes in whys.items()
                for change in changes
            }
        )

    def explain(self, mutant: Mutant) -> str | None:
        """Why this mutant is no gap, or None."""
        return next((why for key, why in self.reasons.items() if _matches(key, mutant)), None)

    def stale(self, alive: Iterable[Mutant], models: list[str]) -> list[tuple[str, str]]:
        """What is listed for these models and explains no survivor."""
        survivors = list(alive)
        return [
            key
            for key in self.reasons
            if any(fnmatchcase(model, key[0]) for model in models)
            and not any(_matches(key, each) for each in survivors)
        ]


def _matches(key: tuple[str, str], mutant: Mutant) -> bool:
    model, change = key
    # Only `*` is special: SQL has brackets of its own.
    pattern = change.replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(mutant.model, model) and fnmatchcase(mutant.change, pattern)
