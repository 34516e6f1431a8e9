"""A query as one SQL statement, resolved against the schema for one reader and one API version."""

from dataclasses import dataclass
from typing import Literal as OneOf

from demo_org.schema import SObject, find_child
from demo_org.soql.aggregation import aggregate_selection, group_sql, is_count, is_grouped
from demo_org.soql.conditions import Conditions, id_key
from demo_org.soql.errors import (
    Refusal,
    malformed,
    no_such_child_relationship,
    not_in_query,
)
from demo_org.soql.functions import is_aggregate, resolve
from demo_org.soql.scope import Request, Scope
from demo_org.soql.selection import Selection
from demo_org.soql.syntax import Bound, Call, Item, Path, Query, SemiJoin, Sort

MAX_OFFSET = 2000
"""The highest OFFSET (SOQL and SOSL Reference, OFFSET)."""
MAX_BOUND_DIGITS = 9
MAX_SEMI_JOINS = 2
"""Semi-joins and anti-joins that a query may have (SOQL and SOSL Reference, Comparison Operators)."""
MAX_FIELDS_ROWS = 200
"""The highest LIMIT beside FIELDS(ALL) and FIELDS(CUSTOM)."""

AnswerKind = OneOf["records", "count", "aggregate"]


@dataclass(frozen=True)
class Statement:
    """A query, ready to run.

    Attributes:
        kind: What the query asks for: `SELECT COUNT()` a number, a query with aggregates or GROUP BY their results.
        sobject: The object that it is FROM.
        sql: SQL of the answer's table; for a count, of one number.
        selection: How the table's columns become records; None for a count.
    """

    kind: AnswerKind
    sobject: SObject
    sql: str
    selection: Selection | None


def compile_query(request: Request, query: Query) -> Statement:
    """Resolves a query and makes SQL of it; its parameters are bound in the request.

    Raises:
        Refusal: The query names what is not there for this reader, or uses it as Salesforce does not allow.
    """
    sobject = request.object_named(str(query.source.path), query.source.path.at)
    scope = Scope(request, sobject, query.source)
    if is_count(query):
        return Statement("count", sobject, _count_sql(scope, query), None)
    if is_grouped(query):
        selection = aggregate_selection(scope, query)
        tail = _where(scope, query) + group_sql(scope, query) + _order(scope, query) + _bounds(query)
        return Statement("aggregate", sobject, _select(selection, scope, tail), selection)
    selection, joins = _records(scope, query)
    tail = _where(scope, query) + _order(scope, query) + _bounds(query)
    return Statement("records", sobject, _select(selection, scope, joins + tail), selection)


def _select(selection: Selection, scope: Scope, tail: str) -> str:
    return f"SELECT {selection.select_sql()} FROM {scope.from_sql()}{tail}"


def _count_sql(scope: Scope, query: Query) -> str:
    if query.order_by or query.having:
        raise malformed("COUNT() cannot be used with ORDER BY or HAVING", query.items[0].at)
    tail = _where(scope, query) + _bounds(query)
    return f"SELECT count(*) FROM (SELECT 1 FROM {scope.from_sql()}{tail})"


def _records(scope: Scope, query: Query) -> tuple[Selection, str]:
    """The selection, and the joins that bring in child records."""
    selection, joins = Selection.of_records(scope.sobject, f'{scope.alias}."Id"'), ""
    for item in query.items:
        if item.alias:
            raise malformed("only aggregate expressions use field aliasing", item.at)
        if isinstance(item.what, Query):
            joins += _add_children(scope, selection, item.what)
        elif isinstance(item.what, Call):
            for path in _fields(scope, item.what, query):
                _add_field(scope, selection, path)
        else:
            _add_field(scope, selection, item.what)
    return selection, joins


def _add_field(scope: Scope, selection: Selection, path: Path) -> None:
    record, names = selection.record, scope.relative(path)
    column = scope.column(path)
    spelled = []
    for depth in range(1, len(names)):
        parent = scope.parent(names[:depth], path.at)
        spelled.append(parent.name)
        record = selection.parent(record, parent.name, parent.sobject, f'{parent.alias}."Id"')
    flat_name = ".".join((*spelled, column.name))
    if flat_name in selection.values:
        raise Refusal("INVALID_FIELD", f"duplicate field selected: {flat_name}")
    selection.add(record, flat_name, column.name, column)


def _fields(scope: Scope, call: Call, query: Query) -> list[Path]:
    """The fields that FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM) stands for."""
    group = str(call.argument or "").upper()
    if call.function != "FIELDS" or group not in ("ALL", "STANDARD", "CUSTOM"):
        resolve(scope, call)
        raise malformed(f"Field must be grouped or aggregated: {call}", call.at)
    if group != "STANDARD" and (query.limit is None or _number(query.limit) > MAX_FIELDS_ROWS):
        raise malformed(f"The SOQL FIELDS function must have a LIMIT of at most {MAX_FIELDS_ROWS}", call.at)
    if group == "CUSTOM":
        if len(query.items) == 1:
            raise malformed("The SOQL FIELDS function returned no fields", call.at)
        return []
    return [Path((each.name,), call.at) for each in scope.request.visible_fields(scope.sobject)]


def _add_children(scope: Scope, selection: Selection, query: Query) -> str:
    """Adds the records of a child relationship to the selection; gives the join that brings them in."""
    source = query.source
    found = find_child(scope.sobject, source.name)
    if found is None or not scope.request.reader.sees_object(found[0], scope.request.api_version):
        raise no_such_child_relationship(str(source.path), source.path.at)
    child, reference = found
    name = reference.child_relationship or ""
    if name in selection.values:
        raise Refusal("INVALID_FIELD", f"duplicate field selected: {name}")
    if is_count(query) or is_grouped(query) or any(isinstance(item.what, Query) for item in query.items):
        raise malformed("A subquery may neither aggregate nor hold another subquery", query.at)
    children = Scope(scope.request, child, source)
    records, _ = _records(children, query)
    where = _where(children, query, f'{children.alias}."{reference.name}" IS NOT NULL')
    order = _order(children, query)
    rows = (
        f'SELECT {children.alias}."{reference.name}" AS parent, row_number() OVER ({order}) AS place, '
        f"{records.select_sql()} FROM {children.from_sql()}{where}"
    )
    listed = f"list({records.record.json(scope.request.api_version)} ORDER BY place){_slice(query)}"
    alias = scope.request.alias()
    selection.add_children(
        name,
        f"CASE WHEN len({alias}.found) > 0 THEN "
        f"to_json({{'totalSize': len({alias}.found), 'done': true, 'records': {alias}.found}}) END",
    )
    grouped = f"SELECT parent, {listed} AS found FROM ({rows}) GROUP BY parent"
    return f' LEFT JOIN ({grouped}) AS {alias} ON {alias}.parent = {scope.alias}."Id"'


def _where(scope: Scope, query: Query, further: str = "") -> str:
    conditions = [further] if further else []
    if query.where:
        joins = _SemiJoins(scope)
        conditions.append(Conditions(scope, joins.sql).sql(query.where))
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


@dataclass
class _SemiJoins:
    """Makes SQL of the semi-joins and anti-joins of one WHERE, and counts them."""

    scope: Scope
    found: int = 0

    def sql(self, join: SemiJoin) -> str:
        """SQL that is true for the rows whose field is (not) among those of the subquery."""
        self.found += 1
        if self.found > MAX_SEMI_JOINS:
            raise malformed(f"Maximum {MAX_SEMI_JOINS} semi join sub-selects are allowed", join.query.at)
        left = self._key(self.scope, join.operand)
        query, request = join.query, self.scope.request
        if query.order_by or query.limit or query.offset or query.group_by or query.having:
            raise malformed("Semi join sub-selects may have no clause but WHERE", query.at)
        sobject = request.object_named(str(query.source.path), query.source.path.at)
        if sobject is self.scope.sobject:
            raise malformed("The inner and outer selects should not be on the same object type", query.at)
        inner = Scope(request, sobject, query.source)
        right = self._key(inner, _only(query).what)
        where = f" WHERE {right} IS NOT NULL"
        if query.where:
            where += f" AND {Conditions(inner, None).sql(query.where)}"
        found = f"{left} IN (SELECT {right} FROM {inner.from_sql()}{where})"
        return f"(NOT coalesce({found}, false))" if join.negated else found

    def _key(self, scope: Scope, operand: object) -> str:
        """SQL of an id or reference field of the object itself."""
        if not isinstance(operand, Path) or len(scope.relative(operand)) > 1:
            at = operand.at if isinstance(operand, Path | Call | Query) else None
            raise malformed("Semi join sub-selects can only compare id fields of the object itself", at)
        column = scope.column(operand)
        if not column.type.is_id:
            raise malformed(f"Semi join sub-selects can only query id fields, cannot use: '{column.name}'", operand.at)
        if not column.field.filterable_in(scope.request.api_version):
            raise not_in_query(column.name, "filtered", operand.at)
        return id_key(column.sql)


def _only(query: Query) -> Item:
    if len(query.items) > 1:
        raise malformed("Semi join sub-selects can only query one field", query.items[1].at)
    return query.items[0]


def _order(scope: Scope, query: Query) -> str:
    keys = [_sort(scope, each, query) for each in query.order_by]
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def _sort(scope: Scope, sort: Sort, query: Query) -> str:
    column = resolve(scope, sort.by)
    if is_aggregate(sort.by) and not is_grouped(query):
        raise malformed("Aggregate functions are not allowed in ORDER BY without GROUP BY", sort.by.at)
    if not is_aggregate(sort.by) and not column.field.sortable:
        raise not_in_query(column.name, "sorted", sort.by.at)
    key = f"lower({column.sql})" if column.type.is_text else column.sql
    return f"{key} {'DESC' if sort.descending else 'ASC'} NULLS {'LAST' if sort.nulls_last else 'FIRST'}"


def _bounds(query: Query) -> str:
    sql = ""
    if query.limit:
        sql += f" LIMIT {_number(query.limit)}"
    if query.offset:
        offset = _number(query.offset)
        if offset > MAX_OFFSET:
            text = f"Maximum SOQL offset allowed is {MAX_OFFSET}"
            raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", text, query.offset.at)
        sql += f" OFFSET {offset}"
    return sql


def _slice(query: Query) -> str:
    """What LIMIT and OFFSET leave of each parent's list of child records."""
    offset = _number(query.offset) if query.offset else 0
    if not query.limit:
        return f"[{offset + 1}:]"
    return f"[{offset + 1}:{offset + _number(query.limit)}]"


def _number(bound: Bound) -> int:
    digits = bound.digits.lstrip("0") or "0"
    if len(digits) > MAX_BOUND_DIGITS:
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", f"{digits[:20]} is outside the valid range", bound.at)
    return int(digits)
