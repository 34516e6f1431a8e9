"""What can go wrong, said for the person who reads it: what happened, and what to do about it.

Nothing here may carry a secret or a response body: a message ends in terminals, logs and the Dagster UI.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager


class SpendReadyError(Exception):
    """A failure that a person can act on. The command line prints it without a stack trace.

    Args:
        what: What happened and where, one sentence, e.g. "acme: sign-in was refused (invalid_client)".
        remedy: What to do about it, one sentence; empty where nothing can be said.
    """

    exit_code = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}".strip() if self.remedy else self.what


class ConfigurationError(SpendReadyError):
    """`spendready.yml` or the environment is wrong: nothing was run. Exit code 2."""

    exit_code = 2


class OrgError(SpendReadyError):
    """An org could not be signed in to, read, landed, built, published or delivered. Exit code 1."""


NO_ROOM = os.strerror(errno.ENOSPC)
"""What the system, DuckDB and dbt say of a full disk."""
_LOOK = "Look whether data_dir is the folder that is meant, the disk has room, and this user may write there"


def full_disk(what: str) -> OrgError:
    """Says of what there was no room to write."""
    return OrgError(f"{what}: {NO_ROOM}", _LOOK)


@contextmanager
def translate_os_errors() -> Iterator[None]:
    """Says what a file or the disk refused in words for who looks after this machine; another error stays as it is.

    Raises:
        OrgError: A file or the disk refused something.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OrgError(f"{error.filename or 'Files of this run'}: {error.strerror}", _LOOK) from None
