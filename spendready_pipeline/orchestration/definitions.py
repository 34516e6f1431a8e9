"""The one place where Dagster is put together: the stages of `assets/`, the job, the executor, the resources."""

import dagster as dg

from spendready_pipeline.orchestration.logging import terminal_logger
from spendready_pipeline.orchestration.manifest import REPOSITORY
from spendready_pipeline.orchestration.resources import Audit
from spendready_pipeline.storage.private_files import keep_private

WEEKLY_AUDIT = "weekly_audit"
REPORT_DELIVERY = "report_delivery"
DELIVERY = dg.AssetKey(["deliver", "weekly_delivery"])
DELIVERY_STEP = "__".join(DELIVERY.path)
"""The step that delivers, as Dagster calls it."""


@dg.definitions
def defs() -> dg.Definitions:
    """All of the code location. Needs no secret and no network: orgs are known by name until a run signs in."""
    keep_private()
    stages = dg.load_from_defs_folder(path_within_project=REPOSITORY)
    wiring = dg.Definitions(
        jobs=[
            dg.define_asset_job(
                WEEKLY_AUDIT,
                selection=dg.AssetSelection.all(),
                description="Extract, check, model, find, report, publish and deliver, for one org.",
            ),
            dg.define_asset_job(
                REPORT_DELIVERY,
                selection=[DELIVERY],
                description="Deliver what was published last, for one org: to the destinations that have not got it.",
            ),
        ],
        # A DuckDB file admits one process while it is open for writing.
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "terminal": terminal_logger},
        resources={"audit": Audit()},
    )
    return dg.Definitions.merge(stages, wiring)


def is_only_delivery(run: dg.DagsterRun) -> bool:
    """Whether a run delivers what was published before, and does nothing else."""
    return run.job_name == REPORT_DELIVERY or run.asset_selection == {DELIVERY}
