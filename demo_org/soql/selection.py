"""What a query selects: the columns of its answer's table, and how they become records.

An answer's table has the columns c0, c1, ...: for each value, and for the id of each record, so that JSON and CSV can
both be made from them. Moments are stored as TIMESTAMP in UTC.
"""

from dataclasses import dataclass, field

from demo_org.schema import FieldType, SObject
from demo_org.soql.functions import utc_timestamp
from demo_org.soql.scope import NO_ID, Column

AGGREGATE_RESULT = "AggregateResult"


@dataclass(frozen=True)
class Stored:
    """A value in the answer's table.

    Attributes:
        column: Its column.
        type: Its type; None for JSON text of child records.
    """

    column: str
    type: FieldType | None

    def json(self) -> str:
        """SQL of the value as JSON gives it."""
        if self.type is FieldType.DATETIME:
            return f"strftime({self.column}, '%Y-%m-%dT%H:%M:%S.%g+0000')"
        return self.column

    def csv(self) -> str:
        """SQL of the value as text, for CSV."""
        if self.type is FieldType.DATETIME:
            return f"strftime({self.column}, '%Y-%m-%dT%H:%M:%S.%gZ')"
        return f"{self.column}::VARCHAR"


@dataclass
class Record:
    """A record as JSON nests it.

    Attributes:
        type: What its `attributes` say that it is.
        key: Its id, which its URL ends in and which is null where the parent is absent; None: it has no URL.
        members: Its values and parents, in the order in which the query names them.
    """

    type: str
    key: Stored | None
    members: dict[str, "Stored | Record"] = field(default_factory=dict)

    def json(self, api_version: float) -> str:
        """SQL of the record as a struct that JSON is made from."""
        attributes = f"'type': '{self.type}'"
        if self.key:
            path = f"/services/data/v{api_version:.1f}/sobjects/{self.type}/"
            attributes += f", 'url': '{path}' || coalesce({self.key.column}, '{NO_ID}')"
        members = [f"'attributes': {{{attributes}}}"]
        for name, member in self.members.items():
            members.append(f"'{name}': {_member_json(member, api_version)}")
        return f"{{{', '.join(members)}}}"


def _member_json(member: Stored | Record, api_version: float) -> str:
    if isinstance(member, Stored):
        return member.json()
    record = member.json(api_version)
    return f"CASE WHEN {member.key.column} IS NOT NULL THEN {record} END" if member.key else record


@dataclass
class Selection:
    """The columns of an answer's table, as they are added, and the record that they make.

    Attributes:
        record: The record.
        values: The values that the query names, by the flat names that CSV heads its columns with.
    """

    record: Record
    values: dict[str, Stored] = field(default_factory=dict)
    _columns: list[str] = field(default_factory=list)

    @classmethod
    def of_records(cls, sobject: SObject, id_sql: str) -> "Selection":
        """The selection of an object's records, still without values."""
        selection = cls(Record(sobject.name, None))
        selection.record.key = selection.store(id_sql, FieldType.ID)
        return selection

    @classmethod
    def of_aggregates(cls) -> "Selection":
        """The selection of aggregate results, still without values."""
        return cls(Record(AGGREGATE_RESULT, None))

    def select_sql(self) -> str:
        """SQL of the columns."""
        return ", ".join(self._columns)

    def store(self, sql: str, kind: FieldType | None) -> Stored:
        """Adds a column."""
        stored = Stored(f"c{len(self._columns)}", kind)
        self._columns.append(f"{utc_timestamp(sql) if kind is FieldType.DATETIME else sql} AS {stored.column}")
        return stored

    def add(self, record: Record, flat_name: str, name: str, column: Column) -> None:
        """Adds a value to a record."""
        self.values[flat_name] = record.members[name] = self.store(column.sql, column.type)

    def add_children(self, relationship: str, json_sql: str) -> None:
        """Adds the records of a child relationship, as JSON."""
        self.values[relationship] = self.record.members[relationship] = self.store(json_sql, None)

    def parent(self, record: Record, relationship: str, sobject: SObject, id_sql: str) -> Record:
        """The record of a parent, added where it is not there yet."""
        member = record.members.get(relationship)
        if not isinstance(member, Record):
            member = record.members[relationship] = Record(sobject.name, self.store(id_sql, FieldType.ID))
        return member

    @property
    def has_children(self) -> bool:
        """Whether there are child records, which CSV has no place for."""
        return any(each.type is None for each in self.values.values())
