"""The one place where Dagster is put together: the stages of `assets/`, the job, the executor, the resources."""

from pathlib import Path

import dagster as dg

from spendready_pipeline.orchestration.logging import terminal_logger
from spendready_pipeline.orchestration.resources import Audit
from spendready_pipeline.storage.private_files import keep_private

WEEKLY_AUDIT = "weekly_audit"
DELIVERY = dg.AssetKey(["deliver", "weekly_delivery"])


@dg.definitions
def defs() -> dg.Definitions:
    """All of the code location. Needs no secret and no network: orgs are known by name until a run signs in."""
    keep_private()
    stages = dg.load_from_defs_folder(path_within_project=Path(__file__).resolve().parents[2])
    wiring = dg.Definitions(
        jobs=[
            dg.define_asset_job(
                WEEKLY_AUDIT,
                selection=dg.AssetSelection.all(),
                description="Extract, check, model, find, report, publish and deliver, for one org.",
            )
        ],
        # A DuckDB file admits one process while it is open for writing.
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "terminal": terminal_logger},
        resources={"audit": Audit()},
    )
    return dg.Definitions.merge(stages, wiring)
