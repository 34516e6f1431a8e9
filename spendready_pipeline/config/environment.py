"""The environment of child processes: a list of allowed variables, so that no secret reaches a program without need."""

import os
from collections import ChainMap
from collections.abc import Iterable, Mapping

_ALLOWED = frozenset({
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "SYSTEMROOT",
    "TEMP", "TMP", "TMPDIR", "TZ", "USER",
})  # fmt: skip


def child_environment(more: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Returns the variables that a child process may have.

    Args:
        more: Names of further variables that this child needs.
        environ: The variables of this process.
    """
    allowed = _ALLOWED.union(more)
    return {name: value for name, value in environ.items() if name in allowed or name.startswith("LC_")}


_withdrawn: dict[str, str] = {}


def withdraw(names: Iterable[str]) -> None:
    """Removes variables from the environment of this process, so that no child process gets them.

    That includes the child processes of libraries. `own_variables` still has them. Variables that every child process
    may have stay.
    """
    for name in set(names) - _ALLOWED:
        if name in os.environ:
            _withdrawn[name] = os.environ.pop(name)


def own_variables() -> Mapping[str, str]:
    """Returns the variables of this process, including those that its children do not get."""
    return ChainMap(dict(os.environ), _withdrawn)
