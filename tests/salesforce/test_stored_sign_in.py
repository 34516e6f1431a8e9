"""A stored sign-in: in the keyring where there is one, else in a private file; whole or not at all."""

import json
import multiprocessing
import os
import stat
import sys
from pathlib import Path

import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from spendready_pipeline.errors import OrgError
from spendready_pipeline.salesforce.client import stored_sign_in
from spendready_pipeline.salesforce.client.stored_sign_in import SignInStore

ADDRESS, APP = "https://acme.my.salesforce.com", "3MVG9app"
find_backend = stored_sign_in._backend  # before the tests' own fixture takes it away


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that works, until it is locked."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]

    def _check(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(stored_sign_in, "_backend", find_backend)
    before, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def store(tmp_path: Path) -> SignInStore:
    return SignInStore("acme", tmp_path / "spendready")


def test_what_was_stored_is_read(store) -> None:
    assert store.read() is None
    assert store.write(ADDRESS, APP, "5Aep-one") == str(store.path)
    assert store.write(ADDRESS, APP, "5Aep-two") == str(store.path)
    stored = store.read()
    assert (stored.instance_url, stored.client_id, stored.refresh_token) == (ADDRESS, APP, "5Aep-two")
    assert "5Aep" not in repr(stored)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_is_its_owners_alone_whatever_the_umask(store, umask) -> None:
    before = os.umask(umask)
    try:
        store.write(ADDRESS, APP, "5Aep")
        with store.locked():
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in store.path.parent.iterdir()} == {0o600}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have folders of their own for it")
def test_the_folder_is_the_users_configuration_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    assert SignInStore("acme").path == tmp_path / "elsewhere" / "spendready" / "acme.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert SignInStore("acme").path == tmp_path / "home" / ".config" / "spendready" / "acme.json"


def test_a_crash_while_writing_leaves_what_was_there(store, monkeypatch) -> None:
    store.write(ADDRESS, APP, "5Aep-one")

    def crash(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="No space left"):
        store.write(ADDRESS, APP, "5Aep-two")
    assert store.read().refresh_token == "5Aep-one"
    assert [each.name for each in store.path.parent.iterdir()] == ["acme.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"refresh_token": "5Aep"}', "\x00", '{"stored_at": 5}'])
def test_a_damaged_file_is_no_sign_in(store, content) -> None:
    store.write(ADDRESS, APP, "5Aep")
    store.path.write_text(content)
    assert store.read() is None


def test_bytes_that_are_no_text_are_no_sign_in(store) -> None:
    store.write(ADDRESS, APP, "5Aep")
    store.path.write_bytes(b"\xff\xfe")
    assert store.read() is None


def test_the_keyring_is_preferred_and_no_file_stays(store, memory) -> None:
    memory.locked = True
    store.write(ADDRESS, APP, "5Aep-file")
    assert store.path.exists()
    memory.locked = False
    assert store.read().refresh_token == "5Aep-file"
    assert store.write(ADDRESS, APP, "5Aep-keyring") == "the keyring of this machine"
    assert not store.path.exists()
    assert store.read().refresh_token == "5Aep-keyring"
    assert json.loads(memory.kept["spendready", "acme"])["instance_url"] == ADDRESS


def test_a_keyring_that_is_locked_gives_way_to_the_file_and_the_newest_counts(store, memory) -> None:
    store.write(ADDRESS, APP, "5Aep-keyring")
    memory.locked = True
    assert store.read() is None
    assert store.write(ADDRESS, APP, "5Aep-file") == str(store.path)
    memory.locked = False
    assert store.read().refresh_token == "5Aep-file"


@pytest.mark.parametrize("missing", ["no usable backend", "no package"])
def test_without_a_keyring_the_file_is_used(store, memory, monkeypatch, missing) -> None:
    if missing == "no package":
        monkeypatch.setitem(sys.modules, "keyring", None)
    else:
        keyring.set_keyring(keyring.backends.fail.Keyring())
    assert store.write(ADDRESS, APP, "5Aep") == str(store.path)
    assert store.read().refresh_token == "5Aep"


def _hold(folder: Path, holding, release) -> None:
    with SignInStore("acme", folder).locked():
        holding.set()
        release.wait(20)


def test_two_processes_never_use_a_refresh_token_at_once(store, monkeypatch) -> None:
    monkeypatch.setattr(stored_sign_in, "LOCK_SECONDS", 0.1)
    context = multiprocessing.get_context("spawn")
    holding, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(store.path.parent, holding, release))
    other.start()
    try:
        assert holding.wait(20)
        with pytest.raises(OrgError, match="acme: another process is signing in"), store.locked():
            pass
    finally:
        release.set()
        other.join(20)
    with store.locked():
        pass
