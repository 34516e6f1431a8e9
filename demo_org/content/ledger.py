"""The ledger: an org's records and, beside them, what was planted with them, until both are landed in DuckDB."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import duckdb

from demo_org.content.ids import Ids
from demo_org.content.planted import moment

Row: TypeAlias = dict[str, object]


class Ledger:
    """The records and plants of one org, as the cast of its people and machines writes them.

    Args:
        ids: The org's ids.
        now: The org's moment, UTC, whole seconds.
        is_sandbox: In a sandbox no price is in force.
        everything: False for a small org: only what shows each finding type, not every edge of its rule.
    """

    def __init__(self, ids: Ids, now: datetime, *, is_sandbox: bool, everything: bool) -> None:
        self.ids = ids
        self.now = now
        self.is_sandbox = is_sandbox
        self.everything = everything
        self._rows: dict[str, list[Row]] = defaultdict(list)

    def ago(self, days: float = 0, *, hours: float = 0, seconds: float = 0) -> datetime:
        """Returns the moment this long before now."""
        return self.now - timedelta(days=days, hours=hours, seconds=seconds)

    def add(self, sobject: str, **fields: object) -> str:
        """Writes a record and gives its Id, a new one unless the fields hold it."""
        record = {"Id": self.ids.mint(sobject)} | fields if "Id" not in fields else fields
        self._rows[f'org."{sobject}"'].append(record)
        return str(record["Id"])

    def finding(
        self,
        finding_type: str,
        subject: tuple[str, str | None],
        own: Mapping[str, object],
        *,
        user: tuple[str, str] | None = None,
        raised: bool = False,
        cost: Decimal | None = None,
    ) -> None:
        """Writes down a finding that was planted.

        Args:
            finding_type: A finding type of the rules.
            subject: Subject id and name.
            own: Each own column of the type with the value that it must have.
            user: Id and username of the finding's user, where it has one.
            raised: The user is active and holds a permission that controls the org.
            cost: What the license concerned costs a year.
        """
        self._rows["planted.finding"].append(
            {
                "finding_type": finding_type,
                "subject_id": subject[0],
                "subject_name": subject[1],
                "user_id": user[0] if user else None,
                "username": user[1] if user else None,
                "raised": raised,
                "own": json.dumps(dict(own), default=_as_text, ensure_ascii=False, sort_keys=True),
                "cost": None if self.is_sandbox else cost,
            }
        )

    def look_alike(self, finding_type: str, subject_id: str, why: str) -> None:
        """Writes down what looks like a finding and is none, and why."""
        self._rows["planted.look_alike"].append({"finding_type": finding_type, "subject_id": subject_id, "why": why})

    def integration_user(self, user_id: str, username: str, confidence: str | None, reasons: list[str]) -> None:
        """Writes down who must stand in `integration_users`; without a confidence, as not being one."""
        self._rows["planted.integration_user"].append(
            {
                "user_id": user_id,
                "username": username,
                "is_integration_user": confidence in {"declared", "certain", "likely"},
                "confidence": confidence,
                "reasons": reasons,
            }
        )

    def land(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Inserts everything written so far, and forgets it. One JSON document a table: no row-by-row insert."""
        for table, rows in self._rows.items():
            columns = {name: kind for name, kind, *_ in connection.execute(f"describe {table}").fetchall()}
            used = {name for row in rows for name in row}
            shape = {name: columns[name] for name in columns if name in used}
            if missing := used - shape.keys():
                raise KeyError(f"{table} has no column {', '.join(sorted(missing))}")
            # A checkbox is never null in Salesforce
            fields = ", ".join(
                f'coalesce(record."{name}", false) as "{name}"' if kind == "BOOLEAN" else f'record."{name}"'
                for name, kind in shape.items()
            )
            connection.execute(
                f"insert into {table} by name "
                f"select {fields} from (select unnest(from_json($rows::json, $shape)) as record)",
                {
                    "rows": json.dumps(rows, default=_as_text),
                    "shape": json.dumps([{name: _json_shape(kind) for name, kind in shape.items()}]),
                },
            )
        self._rows.clear()


def _as_text(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)


def _json_shape(kind: str) -> str | list[str]:
    return [kind.removesuffix("[]")] if kind.endswith("[]") else "VARCHAR" if kind == "JSON" else kind
