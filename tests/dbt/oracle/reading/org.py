"""An org as the rules speak of it: records that name each other by id, moments before the snapshot, the policy."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from tests.dbt.oracle.odd_org import Extraction, OddOrg, Row


def id15(text: str | None) -> str | None:
    """What ids are compared on: the first 15 characters, with regard to case."""
    return None if text is None else text[:15]


def plain(text: str) -> str:
    """What names of the policy are compared on: without regard to case and surrounding blanks."""
    return blanks_off(text).translate({ord(each): each.lower()[0] for each in text})


def blanks_off(text: str) -> str:
    """A text without the blanks around it; a tab or another sign that cannot be seen is no blank."""
    blanks = "".join(each for each in set(text) if unicodedata.category(each) == "Zs")
    return text.strip(blanks) if blanks else text


class Org:
    """One snapshot of one org, looked up in.

    Args:
        odd: What was read of the org.
    """

    def __init__(self, odd: OddOrg) -> None:
        self.now = odd.snapshot_at
        self.thresholds = odd.thresholds
        self.policy = odd.policy
        self._odd = odd

    def ago(self, days: float) -> datetime:
        """So many times 24 hours before the snapshot."""
        return self.now - timedelta(days=days)

    def limit(self, threshold: str) -> datetime:
        """The moment that is a threshold's days ago."""
        return self.ago(self.thresholds[threshold])

    def is_whole(self, *sobjects: str) -> bool:
        """All rows of the objects were read."""
        return all(self._odd.extraction(each).status == "read" for each in sobjects)

    def has_field(self, sobject: str, name: str) -> bool:
        """The org gave a field."""
        return name not in self._odd.extraction(sobject).missing_fields

    def is_read_as(self, sobject: str, how: dict[str, Any]) -> bool:
        """The object was read in just this way."""
        return self._odd.extraction(sobject) == Extraction(**how)

    def all(self, sobject: str) -> list[Row]:
        """The records of an object, each with all its fields."""
        return self._whole[sobject]

    def by_id(self, sobject: str, identity: str | None) -> Row | None:
        """The record of that id, if it was read."""
        return self._by_id[sobject].get(id15(identity)) if identity else None

    def of(self, sobject: str, key: str, identity: str | None) -> Iterator[Row]:
        """The records that name this id in a field."""
        return (each for each in self.all(sobject) if identity and id15(each[key]) == id15(identity))

    @property
    def logins_known_since(self) -> datetime:
        """Every login from this moment on was read, by this run or by those before."""
        return self._odd.logins_known_since

    def said(self, table: str, column: str) -> list[str]:
        """One column of a table of the policy."""
        return [row[column] for row in self.policy.get(table, [])]

    @cached_property
    def _whole(self) -> dict[str, list[Row]]:
        return {
            each.name: [dict.fromkeys(each.columns) | row for row in self._odd.tables.get(each.name, [])]
            for each in OBJECTS
        }

    @cached_property
    def _by_id(self) -> dict[str, dict[str | None, Row]]:
        return {each.name: {id15(row["Id"]): row for row in self.all(each.name)} for each in OBJECTS}
