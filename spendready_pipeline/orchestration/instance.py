"""The Dagster instance: where runs, ticks and logs are kept."""

import os
import shutil

import dagster as dg

from spendready_pipeline.orchestration.manifest import REPOSITORY
from spendready_pipeline.settings import Settings
from spendready_pipeline.storage.files import dagster_home
from spendready_pipeline.storage.private_files import private_folder


def dagster_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that keeps the runs: DAGSTER_HOME where it is set, else `.dagster` in the data folder.

    `dagster dev` shows the same runs when it is started with the same DAGSTER_HOME.
    """
    home = dagster_home(settings.data_dir)
    os.environ["DAGSTER_HOME"] = str(home)
    # A folder of the user's own making keeps its mode.
    if home.parent == settings.data_dir or not home.exists():
        private_folder(home)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        shutil.copyfile(REPOSITORY / "dagster.yaml", configuration)
    return dg.DagsterInstance.get()
