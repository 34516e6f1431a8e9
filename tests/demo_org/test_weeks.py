"""An org rewound by weeks: nothing of it is from the future of its clock, and going back to now restores all of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from demo_org.content import weeks
from demo_org.content.weeks import FIRST_WEEK, REWOUND, STORY, rewind
from demo_org.schema import SOBJECTS
from demo_org.serve import DemoOrg
from tests.conftest import NOW, OrgFile, ServeDemoOrg
from tests.demo_org.conftest import SignIn

MEANWHILE = timedelta(minutes=5)
MOMENTS = [
    (each.name, moment)
    for each in SOBJECTS.values()
    if not each.running_user_only
    for moment in ("LoginTime", "CreatedDate", "LastLoginDate", "LastUsedDate")
    if each.field(moment)
]


@pytest.fixture
def content(org_file: OrgFile, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with DemoOrg(org_file(), now=NOW, folder=tmp_path) as org:
        pass
    with duckdb.connect(str(org.folder / "content.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def tables(content: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {each: content.execute(f'from org."{each}" order by all').fetchall() for each in REWOUND}


def test_going_back_to_now_restores_every_record(content: duckdb.DuckDBPyConnection) -> None:
    built = tables(content)
    for weeks_back in (2, 1, 2):
        rewind(content, NOW, weeks_back)
        assert tables(content) != built
    rewind(content, NOW, 0)
    assert tables(content) == built
    assert content.execute("select 1 from duckdb_schemas() where schema_name = 'as_built'").fetchall() == []


@pytest.mark.parametrize("event", STORY, ids=[each.what for each in STORY])
def test_each_event_of_the_story_makes_a_difference(
    content: duckdb.DuckDBPyConnection, event: weeks.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weeks, "STORY", [event])
    for weeks_back in range(1, FIRST_WEEK + 1):
        rewind(content, NOW, weeks_back)
        told = tables(content)
        with monkeypatch.context() as without:
            without.setattr(weeks, "STORY", [])
            rewind(content, NOW, weeks_back)
        assert (told != tables(content)) == (weeks_back in event.weeks)


@pytest.mark.parametrize("weeks_back", [2, 1])
def test_nothing_is_told_from_the_future_of_the_clock(
    serve_demo_org: ServeDemoOrg, sign_in: SignIn, weeks_back: int
) -> None:
    org = serve_demo_org()
    org.rewind(weeks_back)
    assert org.now == NOW - timedelta(weeks=weeks_back)
    client = sign_in(org)

    def count(condition: str) -> int:
        total: int = client.query(f"SELECT COUNT() FROM {condition}").json()["totalSize"]
        return total

    limit = (org.now + MEANWHILE).strftime("%Y-%m-%dT%H:%M:%SZ")
    for sobject, moment in MOMENTS:
        assert (sobject, moment, count(f"{sobject} WHERE {moment} > {limit}")) == (sobject, moment, 0)
    assert 190 < count("User") <= 200
    assert count("UserLogin") == count("User")
    org.rewind(0)
    assert org.now == NOW
