"""WHERE and HAVING as SQL.

Salesforce knows true and false only: what SQL leaves unknown (a comparison with null) is false, `!=` and NOT IN hold
for null, and a checkbox of an absent parent is unchecked (SOQL and SOSL Reference, null Values in Lookup
Relationships). Text compares without regard to case, ids by their first 15 characters with regard to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from demo_org.schema import FieldType
from demo_org.soql.date_literals import span
from demo_org.soql.errors import (
    Refusal,
    invalid_operator,
    malformed,
    not_in_query,
    unexpected,
    wrong_type,
)
from demo_org.soql.functions import is_aggregate, resolve
from demo_org.soql.literals import day, like_pattern, moment, number, record_id, string_value
from demo_org.soql.scope import Column, Scope, Value
from demo_org.soql.syntax import (
    Call,
    Combination,
    Comparison,
    Condition,
    Expression,
    Kind,
    Literal,
    Membership,
    Negation,
    SemiJoin,
)

MAX_DEPTH = 100
"""Conditions that may stand in each other."""

TYPE_NAMES = {FieldType.DATETIME: "dateTime", FieldType.INT: "int", FieldType.DOUBLE: "double"}
BOOLEANS = {"TRUE": "true", "FALSE": "false", "NULL": "false"}
SQL_OPERATORS = {"=": "=", "!=": "IS DISTINCT FROM"}

SemiJoinSql = Callable[[SemiJoin], str]


@dataclass(frozen=True)
class Conditions:
    """Makes SQL of the conditions of one query.

    Attributes:
        scope: Where the query's fields are found.
        semi_join: Makes SQL of `IN (SELECT ...)`; None where the query may have none.
        grouped: In HAVING: the expressions that the query groups by, which it may name beside aggregates.
    """

    scope: Scope
    semi_join: SemiJoinSql | None
    grouped: tuple[Expression, ...] | None = None

    def sql(self, condition: Condition, within: tuple[str, ...] = ()) -> str:
        """SQL that is true for the rows that the condition holds for.

        Args:
            condition: The condition.
            within: The words of the conditions that it stands in.

        Raises:
            Refusal: The condition is not allowed or makes no sense.
        """
        if len(within) > MAX_DEPTH:
            raise Refusal(
                "QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or the filter is too deep"
            )
        match condition:
            case Combination(word, parts):
                return "(" + f" {word} ".join(self.sql(each, (*within, word)) for each in parts) + ")"
            case Negation(part):
                return f"(NOT coalesce({self.sql(part, (*within, 'NOT'))}, false))"
            case Comparison(operand, operator, value):
                return self._comparison(self._operand(operand), operator, value, operand)
            case Membership(operand, negated, values):
                found = self._membership(self._operand(operand), values, operand)
                return f"(NOT coalesce({found}, false))" if negated else found
            case SemiJoin(query=query):
                if self.semi_join is None:
                    raise malformed("Nesting of semi join sub-selects is not supported", query.at)
                if barring := next((word for word in within if word != "AND"), None):
                    raise malformed(f"Semi join sub-selects are not allowed with the '{barring}' operator", query.at)
                return self.semi_join(condition)

    def _operand(self, expression: Expression) -> Column:
        column = resolve(self.scope, expression)
        if is_aggregate(expression):
            if self.grouped is None:
                raise malformed("Aggregate functions are not allowed in WHERE", expression.at)
            return column
        if self.grouped is not None and not any(same(self.scope, each, expression) for each in self.grouped):
            raise malformed(f"Field must be grouped or aggregated: {expression}", expression.at)
        if not column.field.filterable_in(self.scope.request.api_version):
            raise not_in_query(column.name, "filtered", expression.at)
        return column

    def _comparison(self, column: Column, operator: str, literal: Literal, operand: Expression) -> str:
        if operator == "LIKE":
            return self._like(column, literal, operand)
        if column.type is FieldType.BOOLEAN:
            return self._checkbox(column, operator, literal, operand)
        if self._means_null(column, literal):
            return self._null_test(column, operator, literal)
        if self._is_date_literal(column, literal):
            return self._span_test(column, operator, literal, operand)
        value = self.scope.request.bind(self._value(column, literal))
        return f"{_comparable(column)} {SQL_OPERATORS.get(operator, operator)} {_folded(column, value)}"

    def _like(self, column: Column, literal: Literal, operand: Expression) -> str:
        if not (column.type.is_text and column.field.likeable):
            raise invalid_operator(_type_name(column.type), operand.at)
        if literal.kind is not Kind.STRING:
            raise wrong_type(column.name, "string", quoted=True, at=literal.at)
        return f"{column.sql} ILIKE {self.scope.request.bind(like_pattern(literal))} ESCAPE '\\'"

    def _checkbox(self, column: Column, operator: str, literal: Literal, operand: Expression) -> str:
        if operator not in SQL_OPERATORS:
            raise invalid_operator("boolean", operand.at)
        if literal.kind is not Kind.WORD or literal.count or literal.text.upper() not in BOOLEANS:
            raise wrong_type(column.name, "boolean", quoted=False, at=literal.at)
        return f"(coalesce({column.sql}, false) {operator} {BOOLEANS[literal.text.upper()]})"

    def _means_null(self, column: Column, literal: Literal) -> bool:
        """The word null, or the empty string: Salesforce keeps no empty text."""
        word = literal.kind is Kind.WORD and literal.count is None and literal.text.upper() == "NULL"
        return word or (column.type.column_type == "VARCHAR" and literal.text == "''")

    def _null_test(self, column: Column, operator: str, literal: Literal) -> str:
        if operator not in SQL_OPERATORS:
            raise unexpected(literal.text, literal.at)
        return f"{column.sql} IS {'NOT ' if operator == '!=' else ''}NULL"

    def _is_date_literal(self, column: Column, literal: Literal) -> bool:
        return column.type in (FieldType.DATE, FieldType.DATETIME) and literal.kind is Kind.WORD

    def _span_test(self, column: Column, operator: str, literal: Literal, operand: Expression) -> str:
        """Compares with all the days of a date literal: `<` is before the first, `>` after the last."""
        if isinstance(operand, Call) and not is_aggregate(operand):
            raise malformed("Date literals cannot be compared with date functions", literal.at)
        days = span(literal, self.scope.request.now.date())
        if operator in ("<", ">="):
            return f"{column.sql} {operator} {self._bind_day(column, days.first)}"
        if operator in ("<=", ">"):
            return f"{column.sql} {'<' if operator == '<=' else '>='} {self._bind_day(column, days.after)}"
        first, after = self._bind_day(column, days.first), self._bind_day(column, days.after)
        inside = f"({column.sql} >= {first} AND {column.sql} < {after})"
        return inside if operator == "=" else f"(NOT coalesce({inside}, false))"

    def _bind_day(self, column: Column, first: date) -> str:
        """Binds the start of a day, as a moment where the column has moments."""
        moments = column.type is FieldType.DATETIME
        return self.scope.request.bind(datetime.combine(first, time(), UTC) if moments else first)

    def _membership(self, column: Column, literals: tuple[Literal, ...], operand: Expression) -> str:
        tests, values = [], []
        for literal in literals:
            special = column.type is FieldType.BOOLEAN or self._means_null(column, literal)
            if special or self._is_date_literal(column, literal):
                tests.append(self._comparison(column, "=", literal, operand))
            else:
                values.append(self._value(column, literal))
        if values:
            listed = f"SELECT {_folded(column, 'item')} FROM unnest({self.scope.request.bind(values)}) AS list(item)"
            tests.append(f"{_comparable(column)} IN ({listed})")
        return f"({' OR '.join(tests)})"

    def _value(self, column: Column, literal: Literal) -> Value:
        """The value of a literal of the column's type.

        Raises:
            Refusal: It is of another type, or no such value.
        """
        kinds = {FieldType.INT: Kind.NUMBER, FieldType.DOUBLE: Kind.NUMBER, FieldType.DATE: Kind.DATE}
        kind = kinds.get(column.type, Kind.DATETIME if column.type is FieldType.DATETIME else Kind.STRING)
        if literal.kind is Kind.WORD and literal.count is None and kind is Kind.STRING:
            raise unexpected(literal.text, literal.at)
        if literal.kind is not kind:
            raise wrong_type(column.name, _type_name(column.type), kind is Kind.STRING, literal.at)
        readers: dict[Kind, Callable[[Literal], Value]] = {
            Kind.NUMBER: number,
            Kind.DATE: day,
            Kind.DATETIME: moment,
            Kind.STRING: record_id if column.type.is_id else string_value,
        }
        return readers[kind](literal)


def same(scope: Scope, one: Expression, other: Expression) -> bool:
    """Whether two expressions mean the same, whatever the case and alias they are written with."""
    if isinstance(one, Call) and isinstance(other, Call):
        return one.function == other.function and resolve(scope, one).sql == resolve(scope, other).sql
    return type(one) is type(other) and resolve(scope, one).sql == resolve(scope, other).sql


def id_key(sql: str) -> str:
    """SQL of what tells a record's id from another's: its first 15 characters."""
    return f"left({sql}, 15)"


def _type_name(kind: FieldType) -> str:
    return TYPE_NAMES.get(kind, "string" if kind.is_text else kind.value)


def _comparable(column: Column) -> str:
    return id_key(column.sql) if column.type.is_id else _folded(column, column.sql)


def _folded(column: Column, sql: str) -> str:
    return f"lower({sql})" if column.type.is_text else sql
