"""dbt's manifest, from which Dagster and the catalogue of finding types are built.

`python -m spendready_pipeline.orchestration.manifest` writes it into the checkout; `make` and a deployment run that.
Whoever loads the program later writes nothing there: where the manifest is missing, or of other files than those that
are there now, dbt parses the project into Dagster's home, or into a temporary folder where no home is known.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from spendready_pipeline.catalog.finding_models import dbt_variables
from spendready_pipeline.config.yaml_file import default_path
from spendready_pipeline.errors import ConfigurationError
from spendready_pipeline.settings import org_files
from spendready_pipeline.storage.files import OrgFiles, dagster_home
from spendready_pipeline.storage.private_files import private_folder

REPOSITORY = Path(__file__).resolve().parents[2]
DBT_FOLDER = REPOSITORY / "dbt_project"
PREPARED = DBT_FOLDER / "target" / "prepared"
"""Not dbt's own target folder: someone who calls dbt in the checkout parses the project for another warehouse."""
_SOURCES = ("*.yml", "macros/**/*.sql", "models/**/*.sql", "models/**/*.yml", "seeds/**/*.csv", "seeds/**/*.yml")
_RECORD = "sources.sha256"
"""What a manifest was parsed from; written last, so that a parse that was cut off counts for nothing."""


@cache
def target_folder() -> Path:
    """The folder with the manifest of the present files; writes nothing into the checkout.

    Raises:
        ConfigurationError: dbt cannot parse its project.
        OSError: The manifest is missing, and the folder where it would go cannot be written.
    """
    if _is_current(PREPARED):
        return PREPARED
    folder = _own_folder()
    _parse_into(folder)
    return folder


def manifest_path() -> Path:
    """The manifest of the present files."""
    return target_folder() / "manifest.json"


def prepare() -> None:
    """Writes the manifest into the checkout, unless it is there."""
    PREPARED.mkdir(parents=True, exist_ok=True)
    _parse_into(PREPARED)
    (PREPARED / "manifest.json").touch()  # make compares times


def _own_folder() -> Path:
    """Where Dagster keeps its runs; a temporary folder where there is no configuration yet."""
    if "DAGSTER_HOME" in os.environ or default_path(os.environ).exists():
        home = Path(os.environ.get("DAGSTER_HOME") or dagster_home(org_files()[0].root.parent))
        if not home.exists():
            private_folder(home)
        folder = home / "dbt"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.mkdtemp(prefix="spendready-dbt-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _parse_into(folder: Path) -> None:
    from dbt.cli.main import dbtRunner

    with FileLock(folder / ".lock"):
        if _is_current(folder):
            return
        (folder / _RECORD).unlink(missing_ok=True)
        errors: list[str] = []

        def note(event: Any) -> None:  # noqa: ANN401 - made by protobuf, without types
            if event.info.level == "error":
                errors.append(event.info.msg)

        with environment_of_dbt(OrgFiles(folder).warehouse):
            runner = dbtRunner(callbacks=[note])
            parsed = runner.invoke(["--quiet", "parse", *project_options(folder)])
        if not parsed.success:
            raise ConfigurationError(f"dbt cannot parse {DBT_FOLDER}: {' '.join(errors) or parsed.exception}")
        (folder / _RECORD).write_text(_digest(), encoding="utf-8")


def project_options(target: Path) -> list[str]:
    """The arguments that tell dbt its project and variables, and the folder that it writes to."""
    paths = {"project-dir": DBT_FOLDER, "profiles-dir": DBT_FOLDER, "target-path": target, "log-path": target}
    options = {"vars": dbt_variables()} | paths
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]


@contextmanager
def environment_of_dbt(warehouse: Path) -> Iterator[None]:
    """Names a warehouse to dbt's profile for as long as the block lasts, and lets dbt change the working directory."""
    name = "SPENDREADY_WAREHOUSE"
    before = os.environ.get(name)
    os.environ[name] = str(warehouse)
    try:
        with chdir(DBT_FOLDER):
            yield
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})


def _is_current(folder: Path) -> bool:
    try:
        return (folder / _RECORD).read_text(encoding="utf-8") == _digest() and (folder / "manifest.json").exists()
    except FileNotFoundError:
        return False


@cache
def _digest() -> str:
    """The files that dbt parses and its version; not the files' times, which a copy of the checkout does not keep."""
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in sorted(path for pattern in _SOURCES for path in DBT_FOLDER.glob(pattern)):
        digest.update(f"\0{path.relative_to(DBT_FOLDER)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    prepare()
