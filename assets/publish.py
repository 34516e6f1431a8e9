"""Publish: the copy of the findings that people query, swapped as a whole."""

import dagster as dg

from assets.models import models
from assets.report import FRESHNESS, weekly_report
from reports.weekly import publish_week
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit


@dg.asset(
    key=["publish", "findings_database"],
    group_name="publish",
    owners=["team:revops"],
    kinds={"duckdb", "parquet", "csv"},
    partitions_def=ORGS,
    freshness_policy=FRESHNESS,
    deps=[weekly_report.key, *(key for key in models.keys if key.path[0] in ("marts", "findings"))],
    description="findings.duckdb, Parquet and CSV under published/: what RevOps asks in SQL.",
)
def findings_database(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Copies the marts and the finding tables into the published files, atomically; with them what is delivered."""
    with as_dagster_failure():
        rows = publish_week(audit.files, audit.settings.keep.published_weeks)
    progress(context)(f"published: {audit.files.findings_database}")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows["findings"],
            "path": dg.MetadataValue.path(audit.files.findings_database),
            **{f"rows of {table}": count for table, count in sorted(rows.items())},
        }
    )
