"""A small org whose clock stands still, and its audit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from demo_org.serve import DemoOrg
from spendready_pipeline.storage.files import OrgFiles
from tests.salesforce.audits import NOW, Audit, settings_of

USERS = 60


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are repeated as often as ever, and without waiting."""
    monkeypatch.setattr("spendready_pipeline.salesforce.client.session.RETRY_POLICY", Retry(total=5, retry_after_max=1))


@pytest.fixture(autouse=True)
def _own_sign_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored sign-ins are a test's own: in a file, and in no keyring of this machine."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("spendready_pipeline.salesforce.client.stored_sign_in._backend", lambda: None)


@pytest.fixture(scope="session")
def content(org_file: Callable[..., Path]) -> Path:
    """The content of the small org, as a DuckDB file; never changed."""
    return org_file(USERS, 1, NOW)


@pytest.fixture
def serve(serve_demo_org: Callable[..., DemoOrg]) -> Callable[..., DemoOrg]:
    """Serves the small org, with whatever `DemoOrg` takes."""

    def small(**how: Any) -> DemoOrg:
        return serve_demo_org(USERS, **{"now": NOW} | how)

    return small


@pytest.fixture(scope="session")
def shared_org(content: Path) -> Iterator[DemoOrg]:
    """The small org, started once; tests take it as `demo`."""
    with DemoOrg(content, now=NOW) as org:
        yield org


@pytest.fixture
def demo(shared_org: DemoOrg) -> Iterator[DemoOrg]:
    """The small org as it is; its content and clock must not be changed, its faults may."""
    shared_org.requests.clear()
    yield shared_org
    shared_org.faults.clear()


@pytest.fixture
def audit(tmp_path: Path) -> Callable[..., Audit]:
    """Gives the audit of a demo org."""

    def of(demo: DemoOrg, **changed: Any) -> Audit:
        return Audit(settings_of(demo, **changed), OrgFiles(tmp_path / "data" / "demo"), [])

    return of
