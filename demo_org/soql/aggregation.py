"""Queries that count or group: what they select, GROUP BY and HAVING.

From the SOQL and SOSL Reference: GROUP BY, HAVING, COUNT() and COUNT(fieldName), Use Aliases with GROUP BY.
"""

from demo_org.soql.conditions import Conditions, same
from demo_org.soql.errors import malformed, not_in_query
from demo_org.soql.functions import is_aggregate, resolve
from demo_org.soql.scope import Scope
from demo_org.soql.selection import Selection
from demo_org.soql.syntax import Call, Expression, Item, Path, Query


def is_count(query: Query) -> bool:
    """Whether the query is `SELECT COUNT()`, which is answered with a number and no records.

    Raises:
        Refusal: `COUNT()` stands beside other elements.
    """
    counts = [item for item in query.items if isinstance(item.what, Call) and _is_bare_count(item.what)]
    if counts and (len(query.items) > 1 or query.group_by or counts[0].alias):
        raise malformed("COUNT() must be the only element in the SELECT list", counts[0].at)
    return bool(counts)


def _is_bare_count(call: Call) -> bool:
    return call.function == "COUNT" and call.argument is None


def is_grouped(query: Query) -> bool:
    """Whether the query is answered with aggregate results."""
    return bool(query.group_by or query.having) or any(is_aggregate(item.what) for item in query.items)


def aggregate_selection(scope: Scope, query: Query) -> Selection:
    """What a query with aggregates or GROUP BY selects.

    Raises:
        Refusal: A field is neither grouped by nor aggregated, or two results would have one name.
    """
    selection, unnamed = Selection.of_aggregates(), 0
    for item in query.items:
        expression = _grouped(scope, item, query)
        column = resolve(scope, expression)
        name = item.alias or (column.name if isinstance(expression, Path) else f"expr{unnamed}")
        unnamed += item.alias is None and isinstance(expression, Call)
        if name.lower() in {"attributes", *(each.lower() for each in selection.values)}:
            raise malformed(f"duplicate alias: {name}", item.at)
        selection.add(selection.record, name, name, column)
    return selection


def _grouped(scope: Scope, item: Item, query: Query) -> Expression:
    if isinstance(item.what, Query):
        raise malformed("Subqueries are not allowed in aggregate queries", item.at)
    if is_aggregate(item.what) or any(same(scope, each, item.what) for each in query.group_by):
        return item.what
    raise malformed(f"Field must be grouped or aggregated: {item.what}", item.at)


def group_sql(scope: Scope, query: Query) -> str:
    """SQL of GROUP BY and HAVING.

    Raises:
        Refusal: A field may not be grouped by, or HAVING names one that is not.
    """
    if query.having and not query.group_by:
        raise malformed("HAVING requires GROUP BY", query.items[0].at)
    keys = [_key(scope, each) for each in query.group_by]
    sql = f" GROUP BY {', '.join(keys)}" if keys else ""
    if query.having:
        sql += f" HAVING {Conditions(scope, None, query.group_by).sql(query.having)}"
    return sql


def _key(scope: Scope, expression: Expression) -> str:
    column = resolve(scope, expression)
    if is_aggregate(expression):
        raise malformed("Aggregate functions are not allowed in GROUP BY", expression.at)
    if isinstance(expression, Path) and not column.field.groupable:
        raise not_in_query(column.name, "grouped", expression.at)
    return column.sql
