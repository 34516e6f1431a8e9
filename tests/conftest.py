"""What every room's tests share: demo orgs, served over HTTPS on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from demo_org.content import build_org
from demo_org.serve import DemoOrg

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
"""A Monday morning: where the clock of the tests' orgs stands, unless a test says otherwise."""

OrgFile = Callable[..., Path]


class ServeDemoOrg(Protocol):
    """Serves an org of a test's own until the test ends; takes what `DemoOrg` takes, and how its content is built."""

    def __call__(self, users: int = 200, *, seed: int = 1, now: datetime | None = NOW, **options: Any) -> DemoOrg: ...


@pytest.fixture(scope="session")
def org_file(tmp_path_factory: pytest.TempPathFactory) -> OrgFile:
    """Gives the file of an org's content, built once a session for the same arguments; nobody may write to it."""
    built: dict[tuple[int, int, datetime, bool], Path] = {}

    def file(users: int = 200, seed: int = 1, now: datetime = NOW, is_sandbox: bool = False) -> Path:
        key = users, seed, now, is_sandbox
        if key not in built:
            path = tmp_path_factory.mktemp("content") / "content.duckdb"
            build_org(path, users, seed, now, is_sandbox=is_sandbox)
            built[key] = path
        return built[key]

    return file


@pytest.fixture(scope="session")
def demo_org(org_file: OrgFile) -> Iterator[DemoOrg]:
    """An org of 200 users, seed 1, whose clock stands still; shared by all tests, so none may change it."""
    with DemoOrg(org_file(), now=NOW) as org:
        yield org


@pytest.fixture
def serve_demo_org(org_file: OrgFile) -> Iterator[ServeDemoOrg]:
    """Serves orgs of the test's own: with faults, for a reader who may less, to be changed or stopped."""
    with ExitStack() as running:

        def serve(
            users: int = 200, *, seed: int = 1, now: datetime | None = NOW, is_sandbox: bool = False, **options: Any
        ) -> DemoOrg:
            content = org_file(users, seed, now or datetime.now(UTC), is_sandbox)
            return running.enter_context(DemoOrg(content, seed=seed, now=now, **options))

        yield serve
