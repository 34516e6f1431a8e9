"""Which queries may be sent: those on the objects and fields of the catalog, and no others.

An object or field of `salesforce_objects.OBJECTS` is allowed at once; anything else has to be added to
`_BESIDE_THE_CATALOG`. A query is a single SELECT on one object without relationships. Its conditions, groups and
aggregates may name only fields of that object, so that no field leaks through a condition either.
"""

import re
from functools import lru_cache

from spendready_pipeline.catalog.salesforce_objects import OBJECTS

_BESIDE_THE_CATALOG: dict[str, tuple[frozenset[str], str]] = {
    "UserPermissionAccess": (frozenset(), "Permissions"),
}
"""By object: its further fields, and the prefix of all its other fields (empty: none)."""

_ALLOWED = {
    each.name.lower(): (
        frozenset(name.lower() for name in each.columns),
        each.permission_prefix.lower(),
    )
    for each in OBJECTS
} | {
    name.lower(): (frozenset(field.lower() for field in fields), prefix.lower())
    for name, (fields, prefix) in _BESIDE_THE_CATALOG.items()
}
DESCRIBABLE = frozenset({*(each.name for each in OBJECTS), *_BESIDE_THE_CATALOG})
"""Objects that may be described."""

_CONDITIONS = frozenset({"where", "having", "and", "or", "not", "in", "like", "null", "true", "false"})
_ORDERS = frozenset({"group", "by", "order", "asc", "desc", "nulls", "first", "last", "limit"})
_FUNCTIONS = frozenset({"count", "count_distinct", "min", "max"})
_DATES = frozenset({"today", "yesterday", "last_n_days", "last_n_months"})
_WORDS = _CONDITIONS | _ORDERS | _FUNCTIONS | _DATES
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>[A-Za-z][A-Za-z0-9_]*)
      | (?P<value>'(?:[^'\\]|\\.)*' | \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ | \d+)
      | (?P<sign><=|>=|!=|[=<>(),:])
    )\s*""",
    re.VERBOSE | re.ASCII,
)


@lru_cache(maxsize=1_024)
def is_allowed_query(soql: str) -> bool:
    """Returns whether a query names only objects and fields of the catalog.

    Args:
        soql: The query as it is sent, decoded.
    """
    names = _names(soql)
    if names.count("from") != 1 or names[0] != "select" or names[-1] == "from":
        return False
    source = names[names.index("from") + 1]
    if source not in _ALLOWED:
        return False
    fields, prefix = _ALLOWED[source]
    others = [*names[1 : names.index("from")], *names[names.index("from") + 2 :]]
    return all(each in fields or (prefix and each.startswith(prefix)) or each in _WORDS for each in others)


def _names(soql: str) -> list[str]:
    """Returns the names and words of a query in lower case; a single empty one where a token is unknown."""
    found = []
    position = 0
    while position < len(soql):
        token = _TOKEN.match(soql, position)
        if token is None:
            return [""]
        if token["name"]:
            found.append(token["name"].lower())
        position = token.end()
    return found or [""]
