"""The dbt project as Dagster uses it: the command, and the warehouse that a run points it at."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_dbt import DbtCliResource, DbtProject

from spendready_pipeline.orchestration.manifest import DBT_FOLDER, target_folder
from spendready_pipeline.storage.files import OrgFiles


def dbt_project() -> DbtProject:
    """The dbt project with the manifest of its present files."""
    return DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER, target_path=target_folder())


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
