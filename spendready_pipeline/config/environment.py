"""The environment of child processes: a list of allowed variables, so that no secret reaches a program without need."""

import os
from collections import ChainMap
from collections.abc import Iterable, Mapping

_ALLOWED = frozenset({
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "SYSTEMROOT",
    "TEMP", "TMP", "TMPDIR", "TZ", "USER",
})  # fmt: skip


def child_environment(more: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that a child process may have.

    Args:
        more: Names of further variables that this child needs.
        environ: The variables of this process.
    """
    allowed = _ALLOWED.union(more)
    return {name: value for name, value in environ.items() if name in allowed or name.startswith("LC_")}


_withdrawn: dict[str, str] = {}


def withdraw(names: Iterable[str]) -> None:
    """Takes variables out of this process's environment: its children, those of libraries as well, do not get them.

    `own_variables` still has them. What a child process may always have stays.
    """
    for name in set(names) - _ALLOWED:
        if name in os.environ:
            _withdrawn[name] = os.environ.pop(name)


def own_variables() -> Mapping[str, str]:
    """The variables of this process, with those that its children do not get."""
    return ChainMap(dict(os.environ), _withdrawn)
