"""How a query is refused: Salesforce's error code and message, with the place in the query that is to blame.

Codes and messages: what orgs answer, as client programs and forums quote it; SOAP API Developer Guide, Core Data
Types, for the names of the codes.
"""

from demo_org import refusals
from demo_org.soql.syntax import At

EXCERPT = 60
"""Characters of the query that are shown on either side of the place to blame."""


class SoqlError(refusals.Refusal):
    """A query that the org refuses."""


class Refusal(Exception):
    """A refusal that knows its place in the query but not the query's text.

    Args:
        error_code: Salesforce's code.
        text: The message, without the excerpt of the query.
        at: The offset in the query; None for a message that shows no excerpt.
    """

    def __init__(self, error_code: str, text: str, at: At | None = None) -> None:
        super().__init__(error_code, text, at)
        self.error_code = error_code
        self.text = text
        self.at = at

    def on(self, soql: str) -> SoqlError:
        """The refusal as the client gets it: the line to blame, a caret below the place, row and column, message."""
        if self.at is None:
            return SoqlError(400, self.error_code, self.text)
        before = soql[: self.at]
        row, start = before.count("\n") + 1, before.rfind("\n") + 1
        column = self.at - start
        line = soql[start:].split("\n", 1)[0]
        first = max(0, column - EXCERPT)
        excerpt = line[first : column + EXCERPT]
        caret = " " * (column - first) + "^"
        message = f"\n{excerpt}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{self.text}"
        return SoqlError(400, self.error_code, message)


def malformed(text: str, at: At | None) -> Refusal:
    """The text is no SOQL, or SOQL that makes no sense."""
    return Refusal("MALFORMED_QUERY", text, at)


def unexpected(token: str, at: At) -> Refusal:
    """A token stands where the grammar has no place for it."""
    return malformed(f"unexpected token: '{token}'", at)


def invalid_field(text: str, at: At) -> Refusal:
    """A field that is not there, or may not be used so."""
    return Refusal("INVALID_FIELD", text, at)


def no_such_column(name: str, entity: str, at: At) -> Refusal:
    """The object has no such field, not in this API version, or not for this reader."""
    return invalid_field(
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate "
        "names.",
        at,
    )


def no_such_relationship(name: str, at: At) -> Refusal:
    """The object has no relationship of that name that leads to an object the reader may see."""
    return invalid_field(
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, "
        "be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe "
        "call for the appropriate names.",
        at,
    )


def no_such_child_relationship(name: str, at: At) -> Refusal:
    """A subquery is FROM something that is no child relationship of the object."""
    return Refusal(
        "INVALID_TYPE",
        f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom "
        "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or "
        "the describe call for the appropriate names.",
        at,
    )


def no_such_object(name: str, at: At | None = None) -> Refusal:
    """There is no such object, or the reader may not see it: Salesforce does not tell the two apart."""
    return Refusal(
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
        at,
    )


def not_in_query(field: str, verb: str, at: At) -> Refusal:
    """The field may not be `filtered`, `sorted` or `grouped`."""
    return invalid_field(f"field '{field}' can not be {verb} in a query call", at)


def wrong_type(field: str, type_name: str, quoted: bool, at: At) -> Refusal:
    """A literal is not of the field's type."""
    quotes = "should" if quoted else "should not"
    return invalid_field(
        f"value of filter criterion for field '{field}' must be of type {type_name} and {quotes} be enclosed in quotes",
        at,
    )


def invalid_operator(type_name: str, at: At) -> Refusal:
    """The operator does not apply to fields of that type."""
    return Refusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {type_name} field", at)


def invalid_id(value: str, at: At) -> Refusal:
    """A literal that is no record id."""
    return Refusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}", at)
