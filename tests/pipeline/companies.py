"""A company that audits its org: its folder and `spendready.yml`, the command line, and what is found in the end."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations import suite_of
from reports import build
from spendready_pipeline.demo_org.serve import DemoOrg
from spendready_pipeline.files import OrgFiles, write_atomically
from spendready_pipeline.policy import land_policy
from spendready_pipeline.publishing import publish
from spendready_pipeline.quality import check_object, record
from spendready_pipeline.review import Review, read_review
from spendready_pipeline.salesforce.objects import OBJECTS
from spendready_pipeline.salesforce.snapshot import take_snapshot
from spendready_pipeline.settings import load_settings
from spendready_pipeline.warehouse import open_warehouse
from tests.dbt.orgs import Dbt

COMMON_COLUMNS = ("finding_type", "subject_id", "subject_name", "user_id", "username", "severity", "annual_cost")
REPOSITORY = Path(__file__).resolve().parents[2]


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
        known = os.environ | self.environment | environment
        return subprocess.run(
            [sys.executable, "-m", "spendready_pipeline.cli", *arguments],
            env={name: value for name, value in known.items() if value is not None},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def audit(self, dbt: Dbt) -> Review:
        """Every stage in this process, without Dagster: faster, and to the same published files."""
        org = load_settings(self.folder / "spendready.yml", self.environment).org("demo")
        self.files.root.mkdir(parents=True, exist_ok=True)
        for _ in take_snapshot(org, self.files, "run", lambda _: None):
            pass
        with open_warehouse(self.files.warehouse) as warehouse:
            land_policy(org.policy, warehouse)
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
        planted = _by_type(self.org.planted("finding"))
        found = self.finding_tables()
        assert set(planted) <= set(found)
        for finding_type, rows in found.items():
            assert [_as_planted(row, planted.get(finding_type)) for row in rows] == planted.get(finding_type, [])
        columns = ("user_id", "username", "is_integration_user", "confidence", "reasons")
        users = sorted(self.org.planted("integration_user"), key=lambda row: row["user_id"])
        assert self.published(f"select {', '.join(columns)} from integration_users order by user_id") == [
            {name: row[name] for name in columns} for row in users
        ]
        return {finding_type: len(rows) for finding_type, rows in found.items()} | {"integration_users": len(users)}


def _dictionaries(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _by_type(planted: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    by_type: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(planted, key=lambda row: row["subject_id"]):
        wanted = {name: row[name] for name in COMMON_COLUMNS} | json.loads(row["own"])
        by_type.setdefault(row["finding_type"], []).append(wanted)
    return by_type


NOT_PLANTED = {"finding_id", "subject_type", "summary", "remediation", "price_source", "snapshot_at"}
"""What finding tables have and the planted tables do not say."""


def _as_planted(found: Mapping[str, Any], planted: list[dict[str, Any]] | None) -> dict[str, Any]:
    """A row of a finding table as the planted tables have it: what is left out must be in none of its type."""
    assert planted is not None, found
    assert (found["annual_cost"] is None) == (found.get("price_source") is None), found
    return {name: _value(value) for name, value in found.items() if name not in NOT_PLANTED}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {name: _value(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_value(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
