"""What an object and a field of the demo org are, and the short ways to declare one.

The vocabulary is that of Salesforce's describe calls; the declarations themselves are in the neighbouring modules.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypedDict, Unpack


class FieldType(StrEnum):
    """A field's type, as describe names it."""

    ID = "id"
    REFERENCE = "reference"
    STRING = "string"
    TEXTAREA = "textarea"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    PICKLIST = "picklist"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    DATE = "date"
    INT = "int"
    DOUBLE = "double"

    @property
    def column_type(self) -> str:
        """The DuckDB type of a column that holds such values."""
        return _COLUMN_TYPES.get(self, "VARCHAR")

    @property
    def is_id(self) -> bool:
        """Whether the values are record ids: 18 characters, of which the first 15 tell records apart."""
        return self in (FieldType.ID, FieldType.REFERENCE)

    @property
    def is_text(self) -> bool:
        """Whether the values are text that compares without regard to case."""
        return self.column_type == "VARCHAR" and not self.is_id


_COLUMN_TYPES = {
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATETIME: "TIMESTAMPTZ",
    FieldType.DATE: "DATE",
    FieldType.INT: "BIGINT",
    FieldType.DOUBLE: "DOUBLE",
}


@dataclass(frozen=True)
class Field:
    """One field of an object.

    Attributes:
        name: Salesforce's API name, e.g. `LastLoginDate`.
        label: The label a person sees.
        type: Its type.
        length: Characters, for text and ids; 0 otherwise.
        nillable: Whether it may be null.
        filterable: Whether WHERE may name it.
        sortable: Whether ORDER BY may name it.
        groupable: Whether GROUP BY may name it.
        likeable: Whether LIKE may be used on it (SourceIp is the exception among texts).
        since_version: The first API version that has it.
        unfilterable_since: The API version from which WHERE may no longer name it.
        requires: It is seen only by readers with one of these permissions; empty: by all who see the object.
        reference_to: The objects it may point to.
        relationship_name: The name under which a query walks to the parent; None: not to be walked.
        child_relationship: The name under which the parent's queries walk back; None: not to be walked.
        picklist: The values of a picklist.
    """

    name: str
    label: str
    type: FieldType
    length: int = 0
    nillable: bool = True
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    likeable: bool = True
    since_version: float = 0
    unfilterable_since: float = float("inf")
    requires: tuple[str, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_relationship: str | None = None
    picklist: tuple[str, ...] = ()

    def filterable_in(self, api_version: float) -> bool:
        """Whether WHERE may name it in this API version."""
        return self.filterable and api_version < self.unfilterable_since


_DATING_FIELDS = ("LoginTime", "CreatedDate", "SystemModstamp", "LastModifiedDate")


@dataclass(frozen=True)
class SObject:
    """One object.

    Attributes:
        name: Salesforce's API name, e.g. `OauthToken`.
        label: The label a person sees.
        label_plural: The label of many.
        key_prefix: The first three characters of its records' ids; None where it is not known.
        fields: Its fields, `Id` first.
        requires: Hidden from readers without any of these permissions (API names without the `Permissions`
            prefix): a query is refused as if the object did not exist. Empty: every internal user may read it.
        all_rows_require: Readers without any of these see only their own rows, with HTTP 200.
        owner_field: The field that names a row's user, where `all_rows_require` stands.
        shared: Without those permissions the org's sharing decides which rows of others are seen. Of users, external
            ones are private, and internal ones where the org says so (Salesforce Help, security_sharing_owd_users).
        since_version: The first API version that has it.
        running_user_only: It has one row, which tells of the reader itself, and no table.
        name_field: The field that describe marks as the record's name.
    """

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    fields: tuple[Field, ...]
    requires: tuple[str, ...] = ()
    all_rows_require: tuple[str, ...] = ()
    owner_field: str = ""
    shared: bool = False
    since_version: float = 0
    running_user_only: bool = False
    name_field: str = "Name"
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False, hash=False)
    _by_relationship: dict[str, Field] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        by_relationship = {each.relationship_name.lower(): each for each in self.fields if each.relationship_name}
        object.__setattr__(self, "_by_name", {each.name.lower(): each for each in self.fields})
        object.__setattr__(self, "_by_relationship", by_relationship)

    @property
    def dated_by(self) -> Field | None:
        """The field that tells since when a record is there; None where no field does."""
        return next((found for name in _DATING_FIELDS if (found := self.field(name))), None)

    def field(self, name: str) -> Field | None:
        """The field of that name, in any case; None where there is none."""
        return self._by_name.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """The reference field whose relationship has that name, in any case; None where there is none."""
        return self._by_relationship.get(name.lower())


class Options(TypedDict, total=False):
    """What a declaration may say of a field beyond its name, label and type; see `Field`."""

    nillable: bool
    filterable: bool
    sortable: bool
    groupable: bool
    likeable: bool
    since_version: float
    unfilterable_since: float
    requires: tuple[str, ...]
    child_relationship: str


def record_id(label: str, *, nillable: bool = False) -> Field:
    """The `Id` of an object."""
    return Field("Id", label, FieldType.ID, 18, nillable)


def reference(name: str, label: str, *targets: str, walkable: bool = True, **options: Unpack[Options]) -> Field:
    """A field that points to a record of another object; walked under its name without `Id`."""
    relationship = name.removesuffix("Id") if targets and walkable else None
    return Field(name, label, FieldType.REFERENCE, 18, reference_to=targets, relationship_name=relationship, **options)


def string(name: str, label: str, length: int, **options: Unpack[Options]) -> Field:
    """A line of text."""
    return Field(name, label, FieldType.STRING, length, **options)


def typed(kind: FieldType, name: str, label: str, length: int, **options: Unpack[Options]) -> Field:
    """A text of a kind of its own: an e-mail address, a phone number, a URL, a longer text."""
    return replace(Field(name, label, kind, length, **options), groupable=kind in (FieldType.EMAIL, FieldType.PHONE))


def picklist(
    name: str, label: str, length: int = 40, values: tuple[str, ...] = (), **options: Unpack[Options]
) -> Field:
    """A choice of values. The API returns what the Object Reference lists as their labels for LoginType and kin."""
    return Field(name, label, FieldType.PICKLIST, length, picklist=values, **options)


def boolean(name: str, label: str, **options: Unpack[Options]) -> Field:
    """A checkbox; never null in Salesforce."""
    return replace(Field(name, label, FieldType.BOOLEAN, **options), nillable=False)


def flag(name: str, label: str, **options: Unpack[Options]) -> Field:
    """One of the many checkboxes with a common prefix (`Permissions*`, `Options*`): not to be sorted or grouped by."""
    return replace(boolean(name, label, **options), sortable=False, groupable=False)


def datetime(name: str, label: str, **options: Unpack[Options]) -> Field:
    """A moment; Salesforce does not group by one."""
    return replace(Field(name, label, FieldType.DATETIME, **options), groupable=False)


def date(name: str, label: str, **options: Unpack[Options]) -> Field:
    """A day."""
    return Field(name, label, FieldType.DATE, **options)


def integer(name: str, label: str, **options: Unpack[Options]) -> Field:
    """A whole number of up to nine digits."""
    return Field(name, label, FieldType.INT, **options)


def double(name: str, label: str, **options: Unpack[Options]) -> Field:
    """A number with decimals; Salesforce does not group by one."""
    return replace(Field(name, label, FieldType.DOUBLE, **options), groupable=False)


CREATED_DATE = datetime("CreatedDate", "Created Date", nillable=False)
LAST_MODIFIED_DATE = datetime("LastModifiedDate", "Last Modified Date", nillable=False)
SYSTEM_MODSTAMP = datetime("SystemModstamp", "System Modstamp", nillable=False)
AUDIT_FIELDS = (
    CREATED_DATE,
    reference("CreatedById", "Created By ID", "User", nillable=False),
    LAST_MODIFIED_DATE,
    reference("LastModifiedById", "Last Modified By ID", "User", nillable=False),
    SYSTEM_MODSTAMP,
)
"""The fields that Salesforce itself keeps on most records."""
