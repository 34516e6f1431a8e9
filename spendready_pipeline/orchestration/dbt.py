"""The dbt project as Dagster uses it: its manifest, the command, and the warehouse that a run points it at."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_dbt import DbtCliResource, DbtProject
from filelock import FileLock

from spendready_pipeline.catalog.finding_types import refresh_models_list
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.private_files import usual_umask

DBT_FOLDER = Path(__file__).resolve().parents[2] / "dbt_project"


def dbt_project() -> DbtProject:
    """The dbt project, with a manifest that is not older than the files that it was parsed from."""
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER)
    # Other users of the checkout read it as well.
    with usual_umask(), FileLock(DBT_FOLDER / ".parse.lock"):
        refresh_models_list()
        if not _manifest_is_current(project.manifest_path):
            dbt_resource(project).cli(["parse", "--quiet"], target_path=project.target_path).wait()
    return project


def _manifest_is_current(manifest: Path) -> bool:
    if not manifest.exists():
        return False
    parsed_at = manifest.stat().st_mtime
    sources = (
        path for pattern in ("*.yml", "*/**/*.sql", "*/**/*.yml", "*/**/*.csv") for path in DBT_FOLDER.glob(pattern)
    )
    return all(path.stat().st_mtime <= parsed_at for path in sources if "target" not in path.parts)


def dbt_resource(project: DbtProject) -> DbtCliResource:
    """The dbt command of this environment, whatever PATH says, behind a launcher that keeps secrets from it."""
    os.environ["SPENDREADY_PYTHON"] = sys.executable
    launcher = Path(__file__).with_name("launch_dbt")
    return DbtCliResource(project_dir=project, profiles_dir=str(DBT_FOLDER), dbt_executable=str(launcher))


@contextmanager
def warehouse_for_dbt(files: OrgFiles) -> Iterator[None]:
    """Points dbt's profile at the org's warehouse for as long as the block lasts."""
    name = "SPENDREADY_WAREHOUSE"
    before = os.environ.get(name)
    os.environ[name] = str(files.warehouse)
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})
        for path in files.dbt_target.glob("*.msgpack"):
            path.chmod(0o600)  # dagster-dbt copies it with the mode that it has in the checkout
