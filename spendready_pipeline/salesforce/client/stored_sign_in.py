"""Stores the refresh token of `spendready login`: in the keyring of this machine, else in a private file.

The keyring is used where the package `keyring` is installed and has a backend (`pip install 'spendready[keyring]'`).
A service without a desktop session often has none, and uses the file. A record names the org's address and client app:
a token is never sent to another address, whatever `spendready.yml` says later.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import typer

from spendready_pipeline.errors import OrgError

KEYRING_SERVICE = "spendready"
LOCK_SECONDS = 120.0


@dataclass(frozen=True)
class StoredSignIn:
    """A refresh token with its org and client app.

    Attributes:
        instance_url: The address of the org that issued it.
        client_id: The client app that it was issued to.
        refresh_token: The token; a secret.
        stored_at: When it was stored, ISO 8601 in UTC.
    """

    instance_url: str
    client_id: str
    refresh_token: str = field(repr=False)
    stored_at: str = ""


class SignInStore:
    """Keeps the sign-in of one org.

    Args:
        org: The org's name.
        folder: Where the file is; None: this user's configuration folder.
    """

    def __init__(self, org: str, folder: Path | None = None) -> None:
        self._org = org
        self._folder = folder or Path(typer.get_app_dir("spendready", roaming=False, force_posix=False))

    @property
    def path(self) -> Path:
        """The file; it exists where no keyring is used."""
        return self._folder / f"{self._org}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from signing in: a refresh token that is used twice may be revoked.

        Raises:
            OrgError: Another process has been signing in to this org for longer than a sign-in takes.
        """
        _make_private(self._folder)
        try:
            with filelock.FileLock(self._folder / f"{self._org}.lock", timeout=LOCK_SECONDS, mode=0o600):
                yield
        except filelock.Timeout:
            raise OrgError(f"{self._org}: another process is signing in", "Run again when it has finished") from None

    def read(self) -> StoredSignIn | None:
        """Returns the newest record; None where no sign-in is stored."""
        texts = (_from_keyring(self._org), self._from_file())
        records = [record for text in texts if text and (record := _parsed(text))]
        return max(records, key=lambda record: record.stored_at, default=None)

    def write(self, instance_url: str, client_id: str, refresh_token: str) -> str:
        """Stores a refresh token in place of the previous one.

        Returns:
            Where it is stored, as text for the user.

        Raises:
            OSError: The file could not be written.
        """
        record = StoredSignIn(instance_url, client_id, refresh_token, datetime.now(UTC).isoformat())
        text = json.dumps(asdict(record))
        if _into_keyring(self._org, text):
            self.path.unlink(missing_ok=True)
            return "the keyring of this machine"
        _write_private(self.path, text)
        return str(self.path)

    def _from_file(self) -> str | None:
        try:
            return self.path.read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None


def _parsed(text: str) -> StoredSignIn | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    values = [str(content.get(name) or "") for name in ("instance_url", "client_id", "refresh_token", "stored_at")]
    return StoredSignIn(*values) if all(values) else None


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _write_private(path: Path, text: str) -> None:
    """Replaces a file atomically by one that only its owner may read: after a crash, the old or the new one exists."""
    _make_private(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _backend() -> Any:  # noqa: ANN401 - the package may be missing
    """Returns the keyring's backend; None where the package or a usable backend is missing."""
    try:
        import keyring
        import keyring.core
    except ImportError:
        return None
    backend = keyring.get_keyring()
    return backend if keyring.core.recommended(backend) else None


def _from_keyring(org: str) -> str | None:
    backend = _backend()
    if backend is None:
        return None
    with contextlib.suppress(Exception):  # backends raise errors of their own: locked, no session bus, denied
        text = backend.get_password(KEYRING_SERVICE, org)
        return text if isinstance(text, str) else None
    return None


def _into_keyring(org: str, text: str) -> bool:
    backend = _backend()
    if backend is None:
        return False
    try:
        backend.set_password(KEYRING_SERVICE, org, text)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True
