"""Errors for the person who reads them: what happened, and what to do about it.

None may carry a secret or a response body: messages end in terminals, logs and the Dagster UI.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager


class SpendReadyError(Exception):
    """A failure that a person can act on. The command line prints it without a stack trace.

    Args:
        what: What happened and where, one sentence, e.g. "acme: sign-in was refused (invalid_client)".
        remediation: What to do about it, one sentence; empty where there is nothing to do.
    """

    exit_code = 1

    def __init__(self, what: str, remediation: str = "") -> None:
        super().__init__(what, remediation)
        self.what = what
        self.remediation = remediation

    def __str__(self) -> str:
        return f"{self.what}. {self.remediation}".strip() if self.remediation else self.what


class ConfigurationError(SpendReadyError):
    """`spendready.yml` or the environment is wrong: nothing was run. Exit code 2."""

    exit_code = 2


class OrgError(SpendReadyError):
    """An org could not be signed in to, read, loaded, built, published or delivered. Exit code 1."""


DISK_FULL = os.strerror(errno.ENOSPC)
"""The message for a full disk, of the system, DuckDB and dbt; the latter two give no error number."""
_CHECK_FOLDER = "Check that data_dir is the right folder, the disk has space, and this user may write there"


class DiskFullError(OrgError):
    """The disk had no space for what was written.

    Args:
        written: What was being written, a path for example.
    """

    def __init__(self, written: str) -> None:
        super().__init__(f"{written}: {DISK_FULL}", _CHECK_FOLDER)


@contextmanager
def translate_os_errors() -> Iterator[None]:
    """Turns an error of a file or the disk into one for the operator of this machine; other errors pass unchanged.

    Raises:
        OrgError: A file or the disk could not be read or written.
    """
    try:
        yield
    except OSError as error:
        written = str(error.filename or "Files of this run")
        if error.errno == errno.ENOSPC:
            raise DiskFullError(written) from None
        if error.filename is None and error.errno != errno.EDQUOT:
            raise
        raise OrgError(f"{written}: {error.strerror}", _CHECK_FOLDER) from None
