"""The checks that objects have in common: one function each, that a suite calls with what is its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from spendready_pipeline.catalog.salesforce_objects import BY_NAME
from spendready_pipeline.quality.validation import FIELD_TYPES, LATEST, Check

if TYPE_CHECKING:
    import great_expectations.expectations as gxe

SALESFORCE_ID = r"^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\Z"
"""Case-sensitive in 15 characters, or with a checksum in 18 (Object Reference, ID field type)."""


def shape(name: str) -> Check:
    """The object's raw table has the catalogue's columns; an org may have more."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectTableColumnsToMatchSet(column_set=list(BY_NAME[name].columns), exact_match=False)]

    return Check("shape", "critical", "Every field that findings read is a column", expectations)


def identity() -> Check:
    """Each row is one record of Salesforce."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [
            gxe.ExpectColumnValuesToNotBeNull(column="Id"),
            gxe.ExpectColumnValuesToMatchRegex(column="Id", regex=SALESFORCE_ID),
            gxe.ExpectColumnValuesToBeUnique(column="Id"),
        ]

    return Check("identity", "critical", "Every row has an Id of its own", expectations)


def ids() -> Check:
    """An Id, where there is one, is Salesforce's: of an object whose rows may lack one or share one."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectColumnValuesToMatchRegex(column="Id", regex=SALESFORCE_ID)]

    return Check("identity", "critical", "An Id, if any, is Salesforce's", expectations)


def key_prefix(prefix: str) -> Check:
    """Ids begin as those of the object do, in every org: where they do not, a table holds another object's records.

    Args:
        prefix: The first three characters, as Salesforce's documentation or its describe (`keyPrefix`) has them.
    """

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectColumnValuesToMatchRegex(column="Id", regex=f"^{prefix}")]

    return Check("key_prefix", "warning", f"Every Id begins with {prefix}, as the object's do", expectations)


def not_later(field: str, why: str) -> Check:
    """An event is no later than the snapshot; it may be a day ahead, for clocks that differ."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectColumnValuesToBeBetween(column=field, max_value={"$PARAMETER": LATEST})]

    return Check("not_later", "warning", why, expectations)


def volume(why: str, at_most: int | None = None) -> Check:
    """The object has a row at least: an org without one is a reader that was not shown it."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=at_most)]

    return Check("volume", "critical", why, expectations)


def values(why: str, expectations: "Callable[[], list[gxe.Expectation]]", name: str = "values") -> Check:
    """What fields say makes sense; where it does not, findings are still worth reading."""
    return Check(name, "warning", why, expectations)


def field_types(name: str) -> Check:
    """What the org sent can be read as the fields' types; what cannot was replaced when the object was loaded."""
    return Check(
        FIELD_TYPES, "warning", f"What fields of {name} have is of their type; another value is replaced", lambda: []
    )


def least(**fields: int) -> "Callable[[], list[gxe.Expectation]]":
    """Fields, by name, that are this much or more wherever they have a value."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectColumnValuesToBeBetween(column=name, min_value=value) for name, value in fields.items()]

    return expectations


def filled(*fields: str) -> "Callable[[], list[gxe.Expectation]]":
    """Fields, by name, that every row has."""

    def expectations() -> "list[gxe.Expectation]":
        import great_expectations.expectations as gxe

        return [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in fields]

    return expectations
