"""Companies whose audits are run as people run them, shared where a run takes long."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from demo_org.serve import DemoOrg
from spendready_pipeline.orchestration.manifest import prepare
from tests.conftest import NOW, OrgFile
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import Company
from tests.pipeline.sample import THIRD_MONDAY, audit_three_weeks

WEEK = timedelta(days=7)


@pytest.fixture(scope="session", autouse=True)
def manifest() -> None:
    """What `make` does before it runs the tests: without it, each program that a test starts parses dbt's project."""
    prepare()


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The project, parsed once for each worker."""
    return Dbt(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def audited(demo_org: DemoOrg, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company after its first weekly audit, every stage run by Dagster; nobody may change it.

    The workers of one test run share the audit: the first that needs it runs it, and each has a copy of its own.
    """
    own = tmp_path_factory.mktemp("audited") / "company"
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "audited-once"
    with FileLock(f"{shared}.lock"):
        if not (shared / "done").exists():
            ended = Company(shared / "company", demo_org).command("run")
            assert ended.returncode == 0, ended.stderr
            (shared / "done").touch()
    shutil.copytree(shared / "company", own, symlinks=True)
    return Company(own, demo_org)


@pytest.fixture(scope="session")
def second_week(audited: Company, org_file: OrgFile, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same company after the second audit, which nothing disturbed; nobody may change it."""
    with DemoOrg(org_file(), now=NOW) as org:
        org.clock.move(WEEK)
        company = audited.copy(tmp_path_factory.mktemp("undisturbed") / "company", org)
        company.audit(dbt)
    return company


@pytest.fixture(scope="session")
def third_week(org_file: OrgFile, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company of the sample report: three weeks of the demo org, each audited; nobody may change it."""
    with DemoOrg(org_file(now=THIRD_MONDAY), now=THIRD_MONDAY) as org:
        company = Company(tmp_path_factory.mktemp("third_week"), org)
        audit_three_weeks(company, dbt)
        yield company


@pytest.fixture
def a_week_later(audited: Company, org_file: OrgFile, tmp_path: Path) -> Iterator[Callable[..., Company]]:
    """Gives the company a week after its first audit; takes what `DemoOrg` takes."""
    running: list[DemoOrg] = []

    def company(**options: object) -> Company:
        org = DemoOrg(org_file(), now=NOW, **options)
        org.start()
        running.append(org)
        org.clock.move(WEEK)
        return audited.copy(tmp_path / "company", org)

    yield company
    for org in running:
        org.__exit__(None, None, None)
