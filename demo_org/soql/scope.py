"""Who asks what in which version, and where the fields that a query names are to be found.

A `Request` is the query's surroundings; a `Scope` is one object of a query with the parents it walks to. Both give SQL
that names schema `org` alone, made of the schema's own names; values are bound as parameters.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from demo_org.schema import EXTERNAL_USER_TYPES, PERMISSIONS, Field, FieldType, SObject, find_object
from demo_org.soql.errors import (
    invalid_field,
    no_such_column,
    no_such_object,
    no_such_relationship,
)
from demo_org.soql.syntax import At, Path, Source

MAX_LEVELS = 5
"""Relationships that a path may walk up (SOQL and SOSL Reference, Understanding Relationship Query Limitations)."""

NO_ID = "000000000000000AAA"
"""The id of a record that has none."""

MEANWHILE = timedelta(minutes=5)
"""An audit takes minutes while a clock that stands still does not move: what happens so much later is there already."""

Value = object


@dataclass(frozen=True)
class Reader:
    """Who asks.

    Attributes:
        user_id: The user's id, 18 characters.
        permissions: What it may: API names without the `Permissions` prefix.
        hidden: Objects (`ConnectedApplication`) and fields (`PermissionSet.PermissionsUseAnyApiClient`) that this
            login does not see whatever its permissions are, as in an org of another edition or with field-level
            security.
        private: The org's sharing hides all other users, not external ones alone.
    """

    user_id: str
    permissions: frozenset[str]
    hidden: frozenset[str] = frozenset()
    private: bool = False

    def sees_object(self, sobject: SObject, api_version: float) -> bool:
        """Whether the object exists for this reader in this API version."""
        return (
            sobject.since_version <= api_version
            and sobject.name not in self.hidden
            and self._holds_one_of(sobject.requires)
        )

    def sees_field(self, sobject: SObject, field: Field, api_version: float) -> bool:
        """Whether the object's field exists for this reader in this API version."""
        return (
            field.since_version <= api_version
            and f"{sobject.name}.{field.name}" not in self.hidden
            and self._holds_one_of(field.requires)
        )

    def sees_own_rows_only(self, sobject: SObject) -> bool:
        """Whether the object's rows of other users are left out."""
        return not self._holds_one_of(sobject.all_rows_require)

    def _holds_one_of(self, permissions: tuple[str, ...]) -> bool:
        return not permissions or not self.permissions.isdisjoint(permissions)


@dataclass
class Request:
    """One query's surroundings, and the parameters bound so far."""

    reader: Reader
    api_version: float
    now: datetime
    all_rows: bool
    parameters: list[Value] = field(default_factory=list)
    aliases: int = 0

    def bind(self, value: Value) -> str:
        """Binds a value; gives the SQL that stands for it."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def alias(self) -> str:
        """A name for a table, new in this query."""
        self.aliases += 1
        return f"t{self.aliases}"

    def object_named(self, name: str, at: At | None = None) -> SObject:
        """Finds an object.

        Raises:
            Refusal: There is none of that name for this reader.
        """
        sobject = find_object(name)
        if sobject is None or not self.reader.sees_object(sobject, self.api_version):
            raise no_such_object(name, at)
        return sobject

    def visible_fields(self, sobject: SObject) -> list[Field]:
        """The object's fields that this reader sees in this API version."""
        return [each for each in sobject.fields if self.reader.sees_field(sobject, each, self.api_version)]

    def table(self, sobject: SObject) -> str:
        """SQL of the object's rows that this reader sees."""
        if sobject.running_user_only:
            return self._running_user()
        conditions = []
        if sobject.field("IsDeleted") and not self.all_rows:
            conditions.append('NOT "IsDeleted"')
        if dated_by := sobject.dated_by:
            # Nothing is known before it happens; a record without a date is there
            conditions.append(f'("{dated_by.name}" <= {self.bind(self.now + MEANWHILE)}) IS NOT FALSE')
        if self.reader.sees_own_rows_only(sobject):
            own = f'"{sobject.owner_field}" = {self.bind(self.reader.user_id)}'
            others = f"{self._shared()} OR " if sobject.shared and not self.reader.private else ""
            conditions.append(f"({others}{own})")
        table = f'org."{sobject.name}"'
        return f"(SELECT * FROM {table} WHERE {' AND '.join(conditions)})" if conditions else table

    def _shared(self) -> str:
        external = ", ".join(self.bind(each) for each in EXTERNAL_USER_TYPES)
        return f'"UserType" NOT IN ({external})'

    def _running_user(self) -> str:
        held = ", ".join(f'{name in self.reader.permissions} AS "Permissions{name}"' for name in PERMISSIONS)
        return f'(SELECT \'{NO_ID}\' AS "Id", {self.bind(self.now)} AS "LastCacheUpdate", {held})'


@dataclass(frozen=True)
class Parent:
    """An object that a query's paths lead to: its table's alias, and its relationship's name (none: FROM itself)."""

    sobject: SObject
    alias: str
    name: str = ""


@dataclass(frozen=True)
class Column:
    """A field where a query found it.

    Attributes:
        sql: SQL of its value.
        type: The value's type.
        name: The last name of its path, in the schema's spelling.
        field: The field itself.
    """

    sql: str
    type: FieldType
    name: str
    field: Field


@dataclass
class Scope:
    """An object that a query is FROM, and the parents that its paths walk to.

    Attributes:
        request: The query's surroundings.
        sobject: The object.
        source: What FROM says; its alias and the object's own name may lead a path.
    """

    request: Request
    sobject: SObject
    source: Source
    alias: str = field(init=False)
    _from: str = field(init=False)
    _parents: dict[tuple[str, ...], Parent] = field(init=False)

    def __post_init__(self) -> None:
        self.alias = self.request.alias()
        self._from = f"{self.request.table(self.sobject)} AS {self.alias}"
        self._parents = {(): Parent(self.sobject, self.alias)}

    def from_sql(self) -> str:
        """SQL of the object's rows with the parents walked to so far; call it last."""
        return self._from

    def column(self, path: Path) -> Column:
        """Finds a field.

        Raises:
            Refusal: There is no such field for this reader in this API version.
        """
        names = self.relative(path)
        owner = self.parent(names[:-1], path.at)
        found = owner.sobject.field(names[-1])
        if found is None or not self.request.reader.sees_field(owner.sobject, found, self.request.api_version):
            raise no_such_column(names[-1], owner.sobject.name, path.at)
        return Column(f'{owner.alias}."{found.name}"', found.type, found.name, found)

    def relative(self, path: Path) -> tuple[str, ...]:
        """The path's names without the alias or name of the object itself."""
        first, *rest = path.parts
        leads = (self.source.alias or "").lower(), self.source.name.lower(), self.sobject.name.lower()
        return tuple(rest) if rest and first.lower() in leads and not self.sobject.relationship(first) else path.parts

    def parent(self, names: tuple[str, ...], at: At) -> Parent:
        """The object that relationships lead to; no relationship leads to the object itself.

        Raises:
            Refusal: There is no such relationship for this reader.
        """
        if len(names) > MAX_LEVELS:
            raise invalid_field(f"A relationship path may not have more than {MAX_LEVELS} levels", at)
        key = tuple(each.lower() for each in names)
        if key not in self._parents:
            child = self.parent(names[:-1], at)
            reference = self._reference(child.sobject, names[-1], at)
            parent = Parent(self._target(reference, at), self.request.alias(), reference.relationship_name or "")
            table = self.request.table(parent.sobject)
            key_pair = f'{parent.alias}."Id" = {child.alias}."{reference.name}"'
            self._from += f" LEFT JOIN {table} AS {parent.alias} ON {key_pair}"
            self._parents[key] = parent
        return self._parents[key]

    def _reference(self, sobject: SObject, name: str, at: At) -> Field:
        reference = sobject.relationship(name)
        if reference is None or not self.request.reader.sees_field(sobject, reference, self.request.api_version):
            raise no_such_relationship(name, at)
        return reference

    def _target(self, reference: Field, at: At) -> SObject:
        """The one object that a reference points to; relationships to one of several objects are not walked here."""
        target = find_object(reference.reference_to[0]) if len(reference.reference_to) == 1 else None
        if target is None or not self.request.reader.sees_object(target, self.request.api_version):
            raise no_such_relationship(reference.relationship_name or reference.name, at)
        return target
