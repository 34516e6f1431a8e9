"""Nothing that is written can be read by another user of the machine, except by choice."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from spendready_pipeline.storage.private_files import exposed, private_folder
from tests.pipeline.companies import Company

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions"),
]

as_another_user = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="needs root and setpriv to become another user",
)
NOBODY = 65534
WIDE = "import os, sys; os.umask(0o022); os.execv(sys.argv[1], sys.argv[1:])"
"""Starts a program under the umask that most machines have."""


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _open_to_others(folder: Path) -> list[str]:
    return [
        f"{_mode(path):o} {path}"
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink() and _mode(path) & 0o077
    ]


def _nobody(*command: object, group: int = NOBODY) -> subprocess.CompletedProcess[str]:
    become = ["setpriv", "--reuid", str(NOBODY), "--regid", str(group), "--clear-groups"]
    return subprocess.run([*become, *map(str, command)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def audited_under_a_wide_umask(org_file) -> Iterator[tuple[Company, Path]]:
    """A company after a run under umask 022, and the folder that it delivered to."""
    from demo_org.serve import DemoOrg
    from tests.conftest import NOW

    # Not in pytest's own temporary folder, which is closed to other users.
    with TemporaryDirectory(prefix="spendready-") as name, DemoOrg(org_file(60), now=NOW) as org:
        folder = Path(name)
        folder.chmod(0o755)
        company = Company(folder / "company", org)
        company.folder.chmod(0o755)
        share = folder / "share"
        with (company.folder / "spendready.yml").open("a", encoding="utf-8") as file:
            file.write(f"delivery:\n- {{name: share, to: {share}}}\n")
        company.files.root.mkdir(parents=True, mode=0o755)  # as an older version left it
        company.files.root.chmod(0o755)
        with company.begin("run", under=[sys.executable, "-c", WIDE]) as run:
            _, errors = run.communicate(timeout=240)
        assert run.returncode == 0, errors
        assert f"demo: other users could read {company.files.root}; now they cannot\n" in errors
        yield company, share


@pytest.mark.slow  # the whole program starts
def test_all_that_a_run_writes_is_private_whatever_the_umask(audited_under_a_wide_umask) -> None:
    company, _ = audited_under_a_wide_umask
    assert (company.files.published / "findings.csv").exists()
    assert _open_to_others(company.files.root) == []
    assert _open_to_others(Path(company.environment["DAGSTER_HOME"])) == []


@as_another_user
@pytest.mark.slow  # the whole program starts
def test_another_user_can_list_and_read_nothing_of_the_data(audited_under_a_wide_umask) -> None:
    company, _ = audited_under_a_wide_umask
    assert _nobody("ls", company.folder).returncode == 0, "the way there is open"
    listed = _nobody("ls", company.files.root)
    assert (listed.returncode, listed.stdout) == (2, "")
    found = _nobody("find", company.folder / "data", company.environment["DAGSTER_HOME"], "-readable", "-type", "f")
    assert found.stdout == ""
    for path in (company.files.findings_database, company.files.warehouse, company.files.published / "findings.csv"):
        read = _nobody("cat", path)
        assert (read.returncode, read.stdout) == (1, "")


@pytest.mark.slow  # the whole program starts
def test_a_folder_that_reports_are_delivered_to_keeps_the_umask_of_its_readers(audited_under_a_wide_umask) -> None:
    _, share = audited_under_a_wide_umask
    files = [path for path in share.rglob("*") if path.is_file()]
    assert any(path.suffix == ".pdf" for path in files)
    assert {_mode(path) for path in files} == {0o644}
    assert {_mode(path) for path in [share, *share.rglob("*")] if path.is_dir()} == {0o755}


@as_another_user
@pytest.mark.slow  # the whole program starts twice
@pytest.mark.skipif(shutil.which("setfacl") is None, reason="needs setfacl")
def test_a_group_reads_published_and_nothing_else_where_it_was_let_in(audited_under_a_wide_umask) -> None:
    company, _ = audited_under_a_wide_umask
    group, root = 54321, company.files.root
    for command in (
        ["setfacl", "-m", f"g:{group}:x", root.parent, root],
        ["setfacl", "-R", "-m", f"g:{group}:rX", company.files.published],
        ["setfacl", "-R", "-d", "-m", f"g:{group}:rX", company.files.published],
    ):
        if subprocess.run(command, check=False).returncode:
            pytest.skip("this file system has no access control lists")
    ended = company.command("run")
    assert ended.returncode == 0, ended.stderr
    assert _nobody("cat", company.files.published / "findings.csv", group=group).stdout.count("\n") > 1
    assert _nobody("test", "-r", company.files.findings_database, group=group).returncode == 0
    assert _nobody("test", "-r", company.files.warehouse, group=group).returncode == 1
    assert _nobody("ls", root, group=group).returncode == 2
    assert _nobody("cat", company.files.published / "findings.csv").returncode == 1


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o770, 0o701])
def test_a_folder_that_was_open_is_closed(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    folder.chmod(mode)
    assert private_folder(folder)
    assert _mode(folder) == 0o700


def test_a_group_may_go_through_a_folder_to_what_it_was_let_in(tmp_path: Path) -> None:
    tmp_path.chmod(0o710)
    assert not private_folder(tmp_path)
    assert _mode(tmp_path) == 0o710
    assert not private_folder(tmp_path / "new")
    assert _mode(tmp_path / "new") == 0o700


@pytest.mark.parametrize(
    ("mode", "what"),
    [
        (0o600, None),
        (0o640, None),
        (0o644, "read"),
        (0o660, "read and changed"),
        (0o602, "read and changed"),
        (0o666, "read and changed"),
    ],
)
def test_a_file_that_others_can_read_or_change_is_named_with_what_to_do(
    tmp_path: Path, mode: int, what: str | None
) -> None:
    path = tmp_path / "key.pem"
    path.touch()
    path.chmod(mode)
    expected = f"{path} can be {what} by other users: chmod 600 {path}" if what else None
    assert exposed(path) == expected
    assert exposed(tmp_path / "missing") is None


@pytest.mark.parametrize("command", ["check", "run"])
def test_an_exposed_configuration_key_and_data_folder_are_warned_of(demo_org, tmp_path: Path, command: str) -> None:
    company = Company(tmp_path / "company", demo_org)
    configuration = company.folder / "spendready.yml"
    configuration.write_text(demo_org.configuration(flow="jwt_bearer", data_dir="data"), encoding="utf-8")
    (key,) = [line.split(": ")[1] for line in configuration.read_text().splitlines() if "private_key_file" in line]
    copied = company.folder / "key.pem"
    shutil.copyfile(key, copied)
    # An org that does not answer ends the command early.
    text = demo_org.configuration(flow="jwt_bearer", data_dir="data").replace(key, "key.pem")
    configuration.write_text(text.replace(demo_org.instance_url, "https://no-such-org.invalid"), encoding="utf-8")
    data = company.folder / "data"
    data.mkdir()
    for path, mode in ((configuration, 0o646), (copied, 0o644), (data, 0o755)):
        path.chmod(mode)
    said = company.command(command).stderr
    warnings = [line for line in said.splitlines() if line.startswith("warning: ")]
    assert warnings == [
        f"warning: {configuration} can be read and changed by other users: chmod 600 {configuration}",
        f"warning: {copied} can be read by other users: chmod 600 {copied}",
        f"warning: {data} can be read by other users: chmod 700 {data}",
    ]
