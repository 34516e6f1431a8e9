"""A model's SQL, broken in one place at a time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
SENTENCES = {"summary", "detail", "remediation", "own_steps", "finding_id"}
"""Columns that decide nothing: what is said, and a hash of what was decided."""

Variants = Iterator[tuple[exp.Expression, str]]


@dataclass(frozen=True)
class Mutant:
    """A model with one thing broken.

    Attributes:
        model: The model's name.
        change: What is broken, in one line; no two mutants of a model have the same.
        sql: The whole of the broken model.
        is_predicate: Whether it may change which rows there are, or what a comparison says; else only what a row shows.
    """

    model: str
    change: str
    sql: str
    is_predicate: bool


def mutants_of(model: str, sql: str) -> list[Mutant]:
    """Every mutant of a model, in the order of its text.

    Args:
        model: The model's name.
        sql: Its compiled SQL.
    """
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    original = tree.sql(dialect=DIALECT)
    mutants, seen = [], Counter[str]()
    for node in list(tree.walk()):
        if _is_sentence(node):
            continue
        for broken, change in _variants(node):
            node.replace(broken)
            text = (broken if node is tree else tree).sql(dialect=DIALECT)
            broken.replace(node)
            if text == original:
                continue
            seen[change] += 1
            nth = f" ({seen[change]})" if seen[change] > 1 else ""
            mutants.append(Mutant(model, change + nth, text, _is_predicate(node)))
    return mutants


def _is_predicate(node: exp.Expression) -> bool:
    if isinstance(node, (*COMPARISONS, *ROW_SHAPING)):
        return True
    clause = node.find_ancestor(*ROW_SHAPING, exp.Filter)
    # The WHERE of an aggregate's FILTER chooses what a row shows.
    return not isinstance(clause, exp.Select | exp.Union | exp.Filter) and not isinstance(
        clause and clause.parent, exp.Filter
    )


def _is_sentence(node: exp.Expression) -> bool:
    alias = node.find_ancestor(exp.Alias)
    while alias:
        if alias.alias in SENTENCES:
            return True
        alias = alias.find_ancestor(exp.Alias)
    return False


def _variants(node: exp.Expression) -> Variants:
    for kind, break_it in OPERATORS:
        if isinstance(node, kind):
            yield from break_it(node)


def _text(node: exp.Expression, limit: int = 90) -> str:
    text = " ".join(node.sql(dialect=DIALECT, comments=False).replace('"warehouse".', "").split())
    return text if len(text) <= limit else f"{text[: limit - 30]} ... {text[-25:]}"


def _changed(node: exp.Expression, broken: exp.Expression) -> tuple[exp.Expression, str]:
    return broken, f"{_text(node)}  ->  {_text(broken)}"


COMPARISONS: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.LT: exp.LTE, exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT,
    exp.NullSafeEQ: exp.EQ, exp.NullSafeNEQ: exp.NEQ,
}  # fmt: skip
OPPOSITES: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.Min: exp.Max, exp.Max: exp.Min, exp.Greatest: exp.Least, exp.Least: exp.Greatest,
    exp.LogicalOr: exp.LogicalAnd, exp.LogicalAnd: exp.LogicalOr, exp.Add: exp.Sub, exp.Sub: exp.Add,
}  # fmt: skip


ROW_SHAPING = (exp.Where, exp.Join, exp.Having, exp.Qualify, exp.Select, exp.Union)


def _comparison(node: exp.Expression) -> Variants:
    if not isinstance(node.parent, exp.PropertyEQ):
        yield _changed(node, COMPARISONS[type(node)](**_copied(node)))


def _opposite(node: exp.Expression) -> Variants:
    yield _changed(node, OPPOSITES[type(node)](**_copied(node)))


def _copied(node: exp.Expression) -> dict[str, object]:
    return dict(node.copy().args)


def _connective(node: exp.Expression) -> Variants:
    """AND and OR: each of its terms is left out; the whole takes the other word."""
    if type(node.parent) is type(node):
        return
    terms = list(node.flatten())
    join, other = (exp.and_, exp.or_) if isinstance(node, exp.And) else (exp.or_, exp.and_)
    word, another = ("and", "or") if isinstance(node, exp.And) else ("or", "and")
    for left_out in terms:
        rest = join(*(term.copy() for term in terms if term is not left_out))
        yield exp.paren(rest, copy=False), f"without {word}: {_text(left_out)}"
    yield exp.paren(other(*(term.copy() for term in terms)), copy=False), f"{word} -> {another}: {_text(node)}"


def _condition(node: exp.Expression) -> Variants:
    """A WHERE of one term is left out."""
    if not isinstance(node.this, exp.And):
        yield exp.Where(this=exp.true()), f"without {_text(node)}"


def _negation(node: exp.Expression) -> Variants:
    yield _changed(node, node.this.copy())


def _membership(node: exp.Expression) -> Variants:
    if not isinstance(node.parent, exp.Not):
        yield _changed(node, exp.not_(node.copy()))
    elements = node.expressions
    for element in elements if len(elements) > 1 else []:
        broken = node.copy()
        broken.set("expressions", [each.copy() for each in elements if each is not element])
        yield broken, f"{_text(node.this)} in (...) without {_text(element)}"


def _nullness(node: exp.Expression) -> Variants:
    if not isinstance(node.parent, exp.Not):
        yield _changed(node, exp.not_(node.copy()))


def _default(node: exp.Expression) -> Variants:
    """COALESCE: each of its values is left out."""
    values = [node.this, *node.expressions]
    for left_out in values:
        first, *rest = [value.copy() for value in values if value is not left_out]
        yield _changed(node, exp.Coalesce(this=first, expressions=rest) if rest else first)


def _choice(node: exp.Expression) -> Variants:
    """IF takes the other way; a CASE loses a branch."""
    if isinstance(node.parent, exp.Case):
        return
    yield _changed(node, exp.If(this=exp.not_(exp.paren(node.this.copy())), true=node.args["true"].copy(),
                                false=node.args["false"].copy()))  # fmt: skip


def _branches(node: exp.Expression) -> Variants:
    branches = node.args["ifs"]
    for branch in branches if len(branches) > 1 else []:
        broken = node.copy()
        broken.set("ifs", [each.copy() for each in branches if each is not branch])
        yield broken, f"without {_text(branch)}"


def _join(node: exp.Expression) -> Variants:
    if node.args.get("on") is None or isinstance(node.args["on"], exp.Boolean):
        return
    broken = node.copy()
    was, becomes = ("left", "inner") if node.side == "LEFT" else ("inner", "left")
    broken.set("side", "" if was == "left" else "LEFT")
    broken.set("kind", "INNER" if was == "left" else "")
    yield broken, f"{was} -> {becomes} join {_text(node.this)}"


def _distinct(node: exp.Expression) -> Variants:
    """An aggregate of different values counts each."""
    if not isinstance(node.parent, exp.Select) and len(node.expressions) == 1:
        broken = node.expressions[0].copy()
        yield broken, f"{_text(node.parent)} without distinct"


def _select(node: exp.Expression) -> Variants:
    if node.args.get("distinct"):
        broken = node.copy()
        broken.set("distinct", None)
        yield broken, f"without distinct: {_text(node)}"


def _union(node: exp.Expression) -> Variants:
    if node.args.get("distinct"):
        broken = node.copy()
        broken.set("distinct", False)
        yield broken, f"union -> union all: {_text(node)}"


def _filter(node: exp.Expression) -> Variants:
    yield node.this.copy(), f"without filter: {_text(node)}"


def _order(node: exp.Expression) -> Variants:
    broken = node.copy()
    broken.set("desc", not node.args.get("desc"))
    yield _changed(node, broken)


def _constant(node: exp.Expression) -> Variants:
    """A whole number is one more, and one less; not the digits of a type."""
    if node.is_string or not node.this.isdigit() or isinstance(node.parent, exp.DataTypeParam | exp.DataType):
        return
    for number in (int(node.this) + 1, int(node.this) - 1):
        broken = exp.Literal.number(number)
        before = _text(node.parent)
        node.replace(broken)
        after = _text(broken.parent)
        broken.replace(node)
        yield broken, f"{before}  ->  {after}" if before != after else f"{node.this} -> {number} in {before}"


def _truth(node: exp.Expression) -> Variants:
    if not isinstance(node.parent, exp.Join):
        yield exp.Boolean(this=not node.this), f"{node.this} -> {not node.this} in {_text(node.parent)}".lower()


OPERATORS: list[tuple[type[exp.Expression] | tuple[type[exp.Expression], ...], Callable[..., Variants]]] = [
    (tuple(COMPARISONS), _comparison),
    (tuple(OPPOSITES), _opposite),
    ((exp.And, exp.Or), _connective),
    (exp.Where, _condition),
    (exp.Not, _negation),
    (exp.In, _membership),
    (exp.Is, _nullness),
    (exp.Coalesce, _default),
    (exp.If, _choice),
    (exp.Case, _branches),
    (exp.Join, _join),
    (exp.Distinct, _distinct),
    (exp.Select, _select),
    (exp.Union, _union),
    (exp.Filter, _filter),
    (exp.Ordered, _order),
    (exp.Literal, _constant),
    (exp.Boolean, _truth),
]
