"""What odd orgs are made of: few ids, names and moments, so that things collide and relate."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from tests.dbt.oracle.odd_org import Row
from tests.dbt.orgs import salesforce_id

Rows = st.SearchStrategy[list[Row]]
Moments = st.SearchStrategy[datetime | None]


def nth_id(prefix: str, number: int) -> str:
    """An id a number: of four digits, since an id is filled up with zeros, and 1 would be 10."""
    return salesforce_id(prefix, f"n{number:04}")


USERS = [salesforce_id("005", each) for each in ("a", "A", "b", "c", "d", "e")]
"""Two differ by case alone; an org has not all of them, and the others are gone."""
LICENSES = [salesforce_id("100", f"l{n}") for n in range(5)]
PROFILES = [salesforce_id("00e", f"p{n}") for n in range(5)]
GONE_PROFILE = salesforce_id("00e", "gone")
SETS = [salesforce_id("0PS", each) for each in ("s", "S", "t")]
PROFILE_SETS = [salesforce_id("0PS", f"p{n}") for n in range(5)]
GROUPS = [salesforce_id("0PG", each) for each in ("g", "G")]
GROUP_SETS = [salesforce_id("0PS", each) for each in ("g", "G")]
PSLS = [salesforce_id("0PL", each) for each in ("x", "X")]
MENU_ITEMS = [salesforce_id("0DS", f"m{n}") for n in range(3)]
CONNECTED_APPS = [salesforce_id("0H4", each) for each in ("one", "ONE")]
EXTERNAL_APPS = [salesforce_id("0xI", each) for each in ("one", "two")]
SESSIONS = [nth_id("0Ak", n) for n in range(5)]

NOWS = [
    datetime(2026, 11, 2, 6, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
    datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
]
"""A leap day, ends of years, an hour that Europe's clocks do not have."""

NAMES = [
    "svc.etl", "Apia Abbott", "APIUser", "svc01", "Botha", "System", "Ωμέγα", "bot\u0301", "عرب etl", "𝔸pi 😀",
    "\u202eapi", "ſvc", "myWebService", "etl_sync%", "Zoë O'Neil",
]  # fmt: skip
SET_NAMES = [
    *NAMES,
    "Temp_Access",
    "break glass",
    "BreakGlass",
    "contest",
    "debugLog",
    "hot-fix",
    "Sales",
    "break",
    "glass",
    None,
]
APP_NAMES = [
    "Loader", "loader ", "LOADER", "Load_er", "Dataloader Bulk", "dataloader partner", "Salesforce CLI", "Загрузчик",
    "😀", "🚀", "N/A", "Browser", "O'Neil {app}",
]  # fmt: skip
WORDS = [
    "integration", "api", "svc", "service", "bot", "etl", "sync", "automation", "middleware", "connector", "interface",
    "webservice", "batch", "system", "mulesoft", "boomi", "informatica", "fivetran",
]  # fmt: skip
"""The name words that the policy ships with."""

FLAGS = st.none() | st.booleans()
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=6)
USER_NAMES = st.sampled_from(NAMES) | TEXTS


def apps() -> st.SearchStrategy[str | None]:
    """An app's label, or none."""
    return st.sampled_from([None, "", *APP_NAMES]) | TEXTS


def moments(now: datetime, days: list[int]) -> Moments:
    """Null, or a second around one of the rules' limits; a little after the snapshot too; in several zones."""
    offsets = [timedelta(days=each, seconds=by) for each in (0, *days) for by in (-1, 0, 1)]
    zones = [timezone(timedelta(hours=each)) for each in (0, -9.5, 14)]
    these = [now - each for each in offsets] + [now + timedelta(minutes=9)]
    return st.none() | st.sampled_from([each.astimezone(zones[n % 3]) for n, each in enumerate(these)])


def numbered(prefix: str, rows: list[Row]) -> list[Row]:
    """The rows, each with an id of its own."""
    return [{"Id": nth_id(prefix, number)} | row for number, row in enumerate(rows)]


def some(most: int = 5, **fields: st.SearchStrategy[Any]) -> Rows:
    """A few rows with these fields; as often many as few, where hypothesis by itself likes few."""
    rows = st.fixed_dictionaries(fields)
    return st.integers(0, most).flatmap(lambda size: st.lists(rows, min_size=size, max_size=size))


def part(rows: list[Row]) -> Rows:
    """Some of the rows, none or all."""
    return st.lists(st.sampled_from(rows), unique_by=lambda row: str(row["Id"]))


def mostly(rows: list[Row]) -> Rows:
    """The rows; in one org of four, some of them alone."""
    return st.sampled_from((True, True, True, False)).flatmap(lambda whole: st.just(rows) if whole else part(rows))
