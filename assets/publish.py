"""Publish: the copy of the findings that people query, swapped as a whole."""

import dagster as dg

from assets.freshness import ONCE_A_TICK
from assets.models import models
from assets.report import WEEKLY_REPORT
from spendready_pipeline.publishing import publish
from spendready_pipeline.resources import ORGS, Audit, failures_for_the_reader, progress


@dg.asset(
    key=["publish", "findings_database"],
    group_name="publish",
    owners=["team:revops"],
    kinds={"duckdb", "parquet", "csv"},
    partitions_def=ORGS,
    freshness_policy=ONCE_A_TICK,
    deps=[WEEKLY_REPORT, *(key for key in models.keys if key.path[0] in ("marts", "findings"))],
    description="findings.duckdb, Parquet and CSV under published/: what RevOps asks in SQL.",
)
def findings_database(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Copies the marts and the finding tables into the published files, atomically."""
    with failures_for_the_reader():
        rows = publish(audit.files)
    progress(context)(f"published: {audit.files.findings_database}")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows["findings"],
            "path": dg.MetadataValue.path(audit.files.findings_database),
            **{f"rows of {table}": count for table, count in sorted(rows.items())},
        }
    )
