"""The functions a query may use: aggregates, and parts of dates (in UTC).

From the SOQL and SOSL Reference: Aggregate Functions, Support for Field Types in Aggregate Functions, Date Functions.
"""

from dataclasses import replace

from demo_org.schema import FieldType
from demo_org.soql.errors import malformed, unexpected
from demo_org.soql.scope import Column, Scope
from demo_org.soql.syntax import Call, Expression

NUMERIC = frozenset({FieldType.INT, FieldType.DOUBLE})
COUNTABLE = frozenset(FieldType) - {FieldType.BOOLEAN}
DATED = frozenset({FieldType.DATE, FieldType.DATETIME})

AGGREGATES = {
    "COUNT": ("count({})", COUNTABLE, FieldType.INT),
    "COUNT_DISTINCT": ("count(DISTINCT {})", COUNTABLE, FieldType.INT),
    "MIN": ("min({})", COUNTABLE, None),
    "MAX": ("max({})", COUNTABLE, None),
    "SUM": ("sum({})", NUMERIC, None),
    "AVG": ("avg({})", NUMERIC, FieldType.DOUBLE),
}
"""SQL, the types it applies to, and the type of its result (None: the field's own)."""

DATE_FUNCTIONS = {
    "CALENDAR_MONTH": "month({})",
    "CALENDAR_QUARTER": "quarter({})",
    "CALENDAR_YEAR": "year({})",
    "DAY_IN_MONTH": "day({})",
    "DAY_IN_WEEK": "dayofweek({}) + 1",
    "DAY_IN_YEAR": "dayofyear({})",
    "DAY_ONLY": "{}::DATE",
    "FISCAL_MONTH": "month({})",
    "FISCAL_QUARTER": "quarter({})",
    "FISCAL_YEAR": "year({})",
    "HOUR_IN_DAY": "hour({})",
    "WEEK_IN_MONTH": "(day({}) - 1) // 7 + 1",
    "WEEK_IN_YEAR": "(dayofyear({}) - 1) // 7 + 1",
}
DATETIME_ONLY = frozenset({"DAY_ONLY", "HOUR_IN_DAY"})


def is_aggregate(expression: object) -> bool:
    """Whether an expression is an aggregate of a field."""
    return isinstance(expression, Call) and expression.function in AGGREGATES


def utc_timestamp(sql: str) -> str:
    """SQL of a moment as a TIMESTAMP in UTC, whatever time zone the connection has."""
    return f"make_timestamp(epoch_us({sql}))"


def resolve(scope: Scope, expression: Expression) -> Column:
    """Finds the field of a path, or of a function with what the function makes of it.

    Raises:
        Refusal: No such field or function, or it does not go with the field's type.
    """
    if not isinstance(expression, Call):
        return scope.column(expression)
    if expression.function in AGGREGATES:
        return _aggregate(scope, expression)
    if expression.function in DATE_FUNCTIONS:
        return _part_of_date(scope, expression)
    raise malformed(f"Invalid function: {expression.function}", expression.at)


def _argument(scope: Scope, call: Call) -> Column:
    if call.argument is None:
        raise unexpected(")", call.at + len(call.function) + 1)
    return scope.column(call.argument)


def _aggregate(scope: Scope, call: Call) -> Column:
    column = _argument(scope, call)
    sql, types, result = AGGREGATES[call.function]
    if column.type not in types:
        raise malformed(f"field {column.name} does not support aggregate operator {call.function}", call.at)
    kind = result or column.type
    sql = sql.format(column.sql)
    return replace(column, sql=f"{sql}::BIGINT" if kind is FieldType.INT else sql, type=kind)


def _part_of_date(scope: Scope, call: Call) -> Column:
    column = _argument(scope, call)
    allowed = {FieldType.DATETIME} if call.function in DATETIME_ONLY else DATED
    if column.type not in allowed:
        raise malformed(f"field {column.name} does not support function {call.function}", call.at)
    value = utc_timestamp(column.sql) if column.type is FieldType.DATETIME else column.sql
    kind = FieldType.DATE if call.function == "DAY_ONLY" else FieldType.INT
    return replace(column, sql=f"({DATE_FUNCTIONS[call.function].format(value)})", type=kind)
