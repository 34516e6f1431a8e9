"""What a test needs to read a demo org."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from demo_org.serve import DemoOrg
from spendready_pipeline.salesforce.extract.load import ExtractedObject
from spendready_pipeline.salesforce.extract.snapshot import take_snapshot
from spendready_pipeline.settings import OrgSettings, load_settings
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
"""Where the clock of the tests' orgs stands."""


def settings_of(demo: DemoOrg, flow: str = "client_credentials", **changed: Any) -> OrgSettings:
    """The settings that connect to a demo org; `changed` replaces some of them, `auth` key by key."""
    path = demo.folder / "spendready.yml"
    path.write_text(demo.configuration(flow))
    org = load_settings(path, demo.environment).org("demo")
    auth = org.auth.model_copy(update=changed.pop("auth", {}))
    return org.model_copy(update={"auth": auth} | changed)


@dataclass
class Audit:
    """One org's audit: takes snapshots and shows what they left."""

    org: OrgSettings
    files: OrgFiles
    lines: list[str]

    def run(self) -> dict[str, ExtractedObject]:
        """Takes a snapshot."""
        return {each.object: each for each in take_snapshot(self.org, self.files, "run-1", self.lines.append)}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Asks the warehouse."""
        with open_warehouse(self.files.warehouse) as warehouse:
            return warehouse.execute(sql).fetchall()

    def raw(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every raw table of an object, in an order that does not depend on how it was read."""
        about_reading = {"snapshot", "extraction", "reader_permission", "login_window", "replaced_value"}
        with open_warehouse(self.files.warehouse) as warehouse:
            names = warehouse.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
            return {
                name: warehouse.execute(f'select * from raw."{name}" order by all').fetchall()
                for (name,) in names
                if name not in about_reading
            }

    def differences(self, content: Path, table: str, object_name: str, columns: Mapping[str, Any]) -> list[Any]:
        """Rows of a raw table that the org's content does not have, and the other way round."""
        names = ", ".join(f'"{name}"' for name in columns)
        with duckdb.connect() as both:
            both.execute(f"attach '{self.files.warehouse}' as warehouse (read_only)")
            both.execute(f"attach '{content}' as content (read_only)")
            raw, theirs = f'warehouse.raw."{table}"', f'content.org."{object_name}"'
            return [
                row
                for one, other in ((raw, theirs), (theirs, raw))
                for row in both.execute(f"select {names} from {one} except all select {names} from {other}").fetchall()
            ]
