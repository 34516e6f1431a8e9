"""What a query says: the tree that the grammar makes of its text, before any name is looked up.

`at` is an offset in the query's text, for messages that point at a place.
"""

from dataclasses import dataclass
from enum import Enum, auto

At = int


class Kind(Enum):
    """How a literal was written."""

    STRING = auto()
    NUMBER = auto()
    DATE = auto()
    DATETIME = auto()
    WORD = auto()
    """A bare word: `null`, `true`, `TODAY`, `LAST_N_DAYS:30`."""


@dataclass(frozen=True)
class Literal:
    """A value in the query; `count` is the n of `LAST_N_DAYS:n`."""

    kind: Kind
    text: str
    at: At
    count: str | None = None


@dataclass(frozen=True)
class Path:
    """A field, or a field of a parent: `Profile.UserLicense.Name`."""

    parts: tuple[str, ...]
    at: At

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Call:
    """A function of a field: `COUNT()`, `MAX(LoginTime)`, `FIELDS(ALL)`, `DAY_ONLY(LoginTime)`."""

    function: str
    argument: Path | None
    at: At

    def __str__(self) -> str:
        return f"{self.function}({self.argument or ''})"


Expression = Path | Call


@dataclass(frozen=True)
class Comparison:
    """`field operator value`; the operators are `=`, `!=`, `<`, `<=`, `>`, `>=` and `LIKE`."""

    operand: Expression
    operator: str
    value: Literal


@dataclass(frozen=True)
class Membership:
    """`field [NOT] IN (values)`."""

    operand: Expression
    negated: bool
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class SemiJoin:
    """`field [NOT] IN (SELECT ...)`."""

    operand: Expression
    negated: bool
    query: "Query"


@dataclass(frozen=True)
class Combination:
    """Conditions joined by AND, or by OR; SOQL never mixes the two without parentheses."""

    word: str
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Negation:
    """NOT of a condition."""

    part: "Condition"


Condition = Comparison | Membership | SemiJoin | Combination | Negation


@dataclass(frozen=True)
class Item:
    """An element of the SELECT list."""

    what: "Expression | Query"
    alias: str | None
    at: At


@dataclass(frozen=True)
class Sort:
    """An element of ORDER BY; `nulls_last` None: not said."""

    by: Expression
    descending: bool
    nulls_last: bool | None


@dataclass(frozen=True)
class Source:
    """What FROM names: an object, or in a subquery a child relationship, which the object's name may lead."""

    path: Path
    alias: str | None

    @property
    def name(self) -> str:
        """The last name, which is the object's or the relationship's own."""
        return self.path.parts[-1]


@dataclass(frozen=True)
class Bound:
    """The number of LIMIT or OFFSET, as written."""

    digits: str
    at: At


@dataclass(frozen=True)
class Query:
    """A query or a subquery."""

    items: tuple[Item, ...]
    source: Source
    where: Condition | None
    group_by: tuple[Expression, ...]
    having: Condition | None
    order_by: tuple[Sort, ...]
    limit: Bound | None
    offset: Bound | None
    at: At
