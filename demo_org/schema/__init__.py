"""The demo org's schema: every object and field it has, and the tables that hold its content.

The declarations are data; `create_tables` turns them into tables, the engine in `soql` enforces what they say.
"""

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from demo_org.schema.access import ACCESS_OBJECTS
from demo_org.schema.declarations import Field, FieldType, SObject
from demo_org.schema.grants import GRANT_OBJECTS
from demo_org.schema.permissions import PERMISSIONS
from demo_org.schema.users import USER_OBJECTS
from demo_org.schema.values import EXTERNAL_USER_TYPES

__all__ = [
    "EXTERNAL_USER_TYPES",
    "PERMISSIONS",
    "SOBJECTS",
    "Field",
    "FieldType",
    "SObject",
    "create_tables",
    "find_child",
    "find_object",
]

SOBJECTS: Mapping[str, SObject] = MappingProxyType(
    {each.name: each for each in (*USER_OBJECTS, *GRANT_OBJECTS, *ACCESS_OBJECTS)}
)
"""Every object by its API name."""

_BY_LOWER_NAME = {name.lower(): each for name, each in SOBJECTS.items()}


def find_object(name: str) -> SObject | None:
    """The object of that name, in any case; None where the org has none."""
    return _BY_LOWER_NAME.get(name.lower())


def find_child(parent: SObject, relationship: str) -> tuple[SObject, Field] | None:
    """The child object, and its field that points to the parent, of a child relationship in any case."""
    for child in SOBJECTS.values():
        for field in child.fields:
            named = (field.child_relationship or "").lower() == relationship.lower()
            if named and parent.name in field.reference_to:
                return child, field
    return None


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates schema `org` with an empty table for each object, named and with columns as Salesforce names them.

    Checkboxes are never null and default to false, so content needs to give only those that are true. An object
    that tells of the running user alone (UserPermissionAccess) has no table.
    """
    connection.execute("CREATE SCHEMA org")
    for sobject in SOBJECTS.values():
        if not sobject.running_user_only:
            columns = ", ".join(_column(each) for each in sobject.fields)
            connection.execute(f'CREATE TABLE org."{sobject.name}" ({columns})')


def _column(field: Field) -> str:
    constraint = " NOT NULL DEFAULT false" if field.type is FieldType.BOOLEAN else ""
    return f'"{field.name}" {field.type.column_type}{constraint}'
