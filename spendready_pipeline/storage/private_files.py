"""Keeps what SpendReady writes from other users of the machine, and finds what they can read or change.

The evidence and the findings list a company's weakest accounts: no other user may read them, whatever the umask.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE = 0o077
"""The umask of a private file (0600) or folder (0700)."""
# A group may enter a folder: the way to a subfolder that was shared by choice leads through it.
_EXPOSED_FOLDER = 0o067
# A group that may read is a choice (root:audit, 0640); writing, and the rest of the machine, is none.
_EXPOSED_FILE = 0o027
_WRITE = 0o022
_usual: int | None = None


def keep_private() -> None:
    """Makes everything private that this process and its children write from now on."""
    global _usual
    before = os.umask(PRIVATE)
    if _usual is None:
        _usual = before


@contextmanager
def usual_umask() -> Iterator[None]:
    """Writes as the process was started to for as long as the block lasts: into folders that are not ours."""
    private = os.umask(_usual) if _usual is not None else None
    try:
        yield
    finally:
        if private is not None:
            os.umask(private)


def private_folder(path: Path) -> bool:
    """Makes a folder that other users can neither list nor change, or closes one that is there.

    Returns:
        Whether it was open to others and is not any more. A folder that belongs to another user stays as it is.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "posix" or not mode & _EXPOSED_FOLDER:
        return False
    with suppress(PermissionError):
        path.chmod(mode & ~PRIVATE)
        return True
    return False


def exposed(path: Path) -> str | None:
    """Says that other users of this machine can read or change a file or a folder, and how to prevent it.

    Only a warning: in a container, where no other user is, mounted files often have such a mode.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if os.name != "posix" or not mode & _EXPOSED_FILE:
        return None
    what = "read and changed" if mode & _EXPOSED_FILE & _WRITE else "read"
    return f"{path} can be {what} by other users: chmod {'700' if stat.S_ISDIR(mode) else '600'} {path}"
