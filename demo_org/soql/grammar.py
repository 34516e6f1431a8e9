"""SOQL's grammar, and the parser that makes a `Query` of a text.

After "SOQL SELECT Syntax" of the SOQL and SOSL Reference: keywords and names in any case; AND and OR are mixed only
with parentheses, which the grammar itself enforces. FOR VIEW, FOR REFERENCE and FOR UPDATE, and ALL ROWS are read
and have no effect. Left out: TYPEOF, USING SCOPE, WITH, GROUP BY ROLLUP and CUBE, and functions of location.
"""

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from demo_org.soql.errors import malformed, unexpected
from demo_org.soql.syntax import (
    Bound,
    Call,
    Combination,
    Comparison,
    Condition,
    Expression,
    Item,
    Kind,
    Literal,
    Membership,
    Negation,
    Path,
    Query,
    SemiJoin,
    Sort,
    Source,
)

MAX_LENGTH = 100_000
"""Characters a query may have (SOQL and SOSL Limits)."""

RESERVED = frozenset(
    {"AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LAST", "LIKE", "LIMIT"}
    | {"NOT", "NULLS", "OR", "SELECT", "USING", "WHERE", "WITH"}
)
"""Words that are never names (SOQL and SOSL Reference, Alias Notation; NULL stands among the literals here)."""

GRAMMAR = r"""
query: SELECT items _FROM source [where] [group] [having] [order] [limit] [offset] [_for] [_all_rows]

items: item ("," item)*
item: expression [NAME] -> field_item
    | "(" query ")" -> query_item
?expression: path | call
path: NAME ("." NAME)*
call: NAME "(" [path] ")"
source: path [[_AS] NAME]

where: _WHERE condition
having: _HAVING condition
?condition: unary
    | unary (_AND unary)+ -> conjunction
    | unary (_OR unary)+ -> disjunction
?unary: "(" condition ")"
    | _NOT unary -> negation
    | expression OPERATOR literal -> comparison
    | expression LIKE literal -> comparison
    | expression [NOT_IN] _IN "(" literal ("," literal)* ")" -> membership
    | expression [NOT_IN] _IN "(" query ")" -> semi_join
literal: STRING | NUMBER | DATE | DATETIME | NAME [":" INT]

group: _GROUP _BY expression ("," expression)*
order: _ORDER _BY sort ("," sort)*
sort: expression [ASC | DESC] [_NULLS (FIRST | LAST)]
limit: _LIMIT INT
offset: _OFFSET INT
_for: _FOR (_VIEW | _REFERENCE | _UPDATE)
_all_rows: _ALL _ROWS

SELECT: "select"i
_FROM: "from"i
_AS: "as"i
_WHERE: "where"i
_HAVING: "having"i
_GROUP: "group"i
_BY: "by"i
_ORDER: "order"i
_LIMIT: "limit"i
_OFFSET: "offset"i
_AND: "and"i
_OR: "or"i
_NOT: "not"i
NOT_IN: "not"i
_IN: "in"i
LIKE: "like"i
ASC: "asc"i
DESC: "desc"i
_NULLS: "nulls"i
FIRST: "first"i
LAST: "last"i
_FOR: "for"i
_VIEW: "view"i
_REFERENCE: "reference"i
_UPDATE: "update"i
_ALL: "all"i
_ROWS: "rows"i
OPERATOR: "!=" | "<>" | "<=" | ">=" | "=" | "<" | ">"
NAME: /[a-z][a-z0-9_]*/i
STRING: /'(\\.|[^'\\])*'/s
DATETIME.3: /\d{4}-\d{2}-\d{2}t\d{2}:\d{2}:\d{2}(\.\d+)?(z|[+-]\d{2}:?\d{2})/i
DATE.2: /\d{4}-\d{2}-\d{2}/
NUMBER: /[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?/i
INT: /\d+/
%ignore /[ \t\r\n\f]+/
"""


def parse(soql: str) -> Query:
    """Makes a query of its text.

    Raises:
        Refusal: The text is too long, or no SOQL.
    """
    if len(soql) > MAX_LENGTH:
        raise malformed(f"SOQL statements cannot be longer than {MAX_LENGTH} characters", None)
    try:
        return _PARSER.parse(soql)  # type: ignore[return-value]  # the transformer leaves a Query, not a tree
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        raise (unexpected("<EOF>", len(soql)) if at_end else unexpected(error.token, _at(error.token))) from None
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise unexpected(soql[at], at) from None
    except VisitError as error:
        raise error.orig_exc from None


def _refuse_reserved(token: Token) -> Token:
    if token.upper() in RESERVED:
        raise unexpected(token, _at(token))
    return token


def _at(token: Token) -> int:
    return token.start_pos or 0


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Builds the tree while the parser reads, so that no depth of nesting is too deep for it."""

    def query(
        self,
        select: Token,
        items: tuple[Item, ...],
        source: Source,
        where: Condition | None,
        group: tuple[Expression, ...] | None,
        having: Condition | None,
        order: tuple[Sort, ...] | None,
        limit: Bound | None,
        offset: Bound | None,
        *_without_effect: object,
    ) -> Query:
        return Query(items, source, where, group or (), having, order or (), limit, offset, _at(select))

    def items(self, *items: Item) -> tuple[Item, ...]:
        return items

    def field_item(self, expression: Expression, alias: Token | None) -> Item:
        return Item(expression, alias and str(alias), expression.at)

    def query_item(self, query: Query) -> Item:
        return Item(query, None, query.at)

    def path(self, *names: Token) -> Path:
        return Path(tuple(str(each) for each in names), _at(names[0]))

    def call(self, function: Token, argument: Path | None) -> Call:
        return Call(function.upper(), argument, _at(function))

    def source(self, path: Path, alias: Token | None) -> Source:
        return Source(path, alias and str(alias))

    def where(self, condition: Condition) -> Condition:
        return condition

    def having(self, condition: Condition) -> Condition:
        return condition

    def conjunction(self, *parts: Condition) -> Condition:
        return Combination("AND", parts)

    def disjunction(self, *parts: Condition) -> Condition:
        return Combination("OR", parts)

    def negation(self, part: Condition) -> Condition:
        return Negation(part)

    def comparison(self, operand: Expression, operator: Token, value: Literal) -> Condition:
        return Comparison(operand, {"<>": "!="}.get(operator, operator.upper()), value)

    def membership(self, operand: Expression, negation: Token | None, *values: Literal) -> Condition:
        return Membership(operand, negation is not None, values)

    def semi_join(self, operand: Expression, negation: Token | None, query: Query) -> Condition:
        return SemiJoin(operand, negation is not None, query)

    def literal(self, token: Token, count: Token | None = None) -> Literal:
        kind = Kind.WORD if token.type == "NAME" else Kind[token.type]
        return Literal(kind, str(token), _at(token), count and str(count))

    def group(self, *expressions: Expression) -> tuple[Expression, ...]:
        return expressions

    def order(self, *sorts: Sort) -> tuple[Sort, ...]:
        return sorts

    def sort(self, by: Expression, direction: Token | None, nulls: Token | None) -> Sort:
        descending = direction is not None and direction.type == "DESC"
        return Sort(by, descending, None if nulls is None else nulls.type == "LAST")

    def limit(self, digits: Token) -> Bound:
        return Bound(str(digits), _at(digits))

    offset = limit


_PARSER = Lark(
    GRAMMAR,
    start="query",
    parser="lalr",
    lexer="contextual",
    transformer=_Builder(),
    lexer_callbacks={"NAME": _refuse_reserved},
    cache=False,
)
