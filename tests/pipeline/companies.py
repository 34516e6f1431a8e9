"""A company that audits its org: its folder and `spendready.yml`, the command line, and what is found in the end."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from demo_org.serve import DemoOrg
from expectations import suite_of
from reports import build
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.policy.load import load_policy
from spendready_pipeline.publish.week import publish
from spendready_pipeline.quality.validation import check_object, record
from spendready_pipeline.review import Review, read_review
from spendready_pipeline.salesforce.extract.snapshot import take_snapshot
from spendready_pipeline.settings import load_settings
from spendready_pipeline.storage.files import OrgFiles, write_atomically
from spendready_pipeline.storage.warehouse import open_warehouse
from tests.dbt import planted
from tests.dbt.orgs import Dbt

REPOSITORY = Path(__file__).resolve().parents[2]


RUN = "5d1c7f0e-6b1a-4f0e-9a53-2f6f2a1c8e47"
"""The id of a run, as Dagster gives them."""


@dataclass
class Company:
    """One company with one org.

    Attributes:
        folder: Its `spendready.yml` and its data; nothing is written elsewhere.
        org: The org that it audits.
        environment: What its commands find in the environment besides the machine's own variables.
    """

    folder: Path
    org: DemoOrg
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configure()
        self.environment = self.org.environment | {
            "SPENDREADY_CONFIG": str(self.folder / "spendready.yml"),
            "DAGSTER_HOME": str(self.folder / "dagster"),
        }

    def configure(self, *replaced: tuple[str, str]) -> None:
        """Writes `spendready.yml`; then replaces texts in it."""
        text = self.org.configuration(policy=self.org.policy, data_dir=str(self.folder / "data"))
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        (self.folder / "spendready.yml").write_text(text, encoding="utf-8")

    def copy(self, folder: Path, org: DemoOrg) -> "Company":
        """The same company as it is now, with another folder and another org."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Company(folder, org)

    @property
    def files(self) -> OrgFiles:
        """Where the org's files are."""
        return OrgFiles(self.folder / "data" / "demo")

    def command(self, *arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
        """Runs `spendready`; a variable that is None is taken from its environment."""
        with self.begin(*arguments, **environment) as begun:
            output, errors = begun.communicate(timeout=240)
        return subprocess.CompletedProcess(begun.args, begun.returncode, output, errors)

    def begin(self, *arguments: str, under: Sequence[str] = (), **environment: str | None) -> subprocess.Popen[str]:
        """Starts `spendready`, maybe under another command; what it prints can be read while it runs."""
        known = os.environ | self.environment | environment
        return subprocess.Popen(
            [*under, sys.executable, "-m", "spendready_pipeline.cli.main", *arguments],
            env={name: value for name, value in known.items() if value is not None},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def audit(self, dbt: Dbt) -> Review:
        """Every stage in this process, without Dagster: faster, and to the same published files."""
        org = load_settings(self.folder / "spendready.yml", self.environment).org("demo")
        self.files.root.mkdir(parents=True, exist_ok=True)
        for _ in take_snapshot(org, self.files, RUN, lambda _: None):
            pass
        with open_warehouse(self.files.warehouse) as warehouse:
            load_policy(org.policy, warehouse)
            record(
                warehouse,
                [result for each in OBJECTS for result in check_object(warehouse, each, suite_of(each.name))],
            )
        dbt.build_warehouse(self.files.warehouse)
        with open_warehouse(self.files.warehouse) as warehouse:
            review = read_review(warehouse)
        write_atomically(self.files.report(review.snapshot_at.date()), build(review))
        publish(self.files)
        return review

    def published(self, sql: str) -> list[dict[str, Any]]:
        """Asks the published database, a dictionary a row."""
        with duckdb.connect(str(self.files.findings_database), read_only=True) as database:
            database.execute("set TimeZone = 'UTC'")
            return _dictionaries(database.execute(sql))

    def finding_tables(self) -> dict[str, list[dict[str, Any]]]:
        """The table of each finding type, its rows in the order of their subjects."""
        names = self.published(
            "select table_name as name from duckdb_tables() where starts_with(table_name, 'finding_') "
            "and table_name not in ('finding_types', 'finding_history') order by name"
        )
        return {
            each["name"].removeprefix("finding_"): self.published(f"from {each['name']} order by subject_id")
            for each in names
        }

    def weekly_files(self) -> dict[str, bytes]:
        """What people open: the published files and the reports, with their bytes."""
        folders = (self.files.published, self.files.root / "reports")
        return {
            str(path.relative_to(self.files.root)): path.read_bytes()
            for folder in folders
            for path in sorted(folder.glob("*"))
            if path.is_file()
        }

    def assert_finds_what_was_planted(self) -> dict[str, int]:
        """Compares every finding table and the integration users with what was planted; gives the rows of each."""
        tables = self.finding_tables()
        rows = [row for table in tables.values() for row in table]
        found = planted.findings((row, _own_columns(row)) for row in rows)
        assert found == planted.findings((planted.declared(row), row["own"]) for row in self.org.planted("finding"))
        assert all((row["annual_cost"] is None) == (row.get("price_source") is None) for row in rows)
        users = planted.users(self.org.planted("integration_user"))
        assert planted.users(self.published("from integration_users")) == users
        return {finding_type: len(table) for finding_type, table in tables.items()} | {"integration_users": len(users)}


def _dictionaries(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


NOT_PLANTED = {
    "finding_id",
    "subject_type",
    "summary",
    "detail",
    "remediation",
    "own_steps",
    "price_source",
    "snapshot_at",
}
"""What finding tables have and the planted tables do not say."""


def _own_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in NOT_PLANTED}
