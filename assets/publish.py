"""Publish: the copy of the findings that people query, swapped as a whole."""

import dagster as dg

from assets.freshness import ONCE_A_TICK
from assets.models import models
from assets.report import WEEKLY_REPORT, write_report
from reports.message import has_changes, message
from spendready_pipeline.delivery import Week, packed
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.publish.week import WEEKS_KEPT, publish
from spendready_pipeline.review import read_review
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.storage.warehouse import open_warehouse


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
    """Copies the marts and the finding tables into the published files, atomically; with them what is delivered."""
    with as_dagster_failure():
        rows = publish_week(audit.files, audit.keep.published_weeks)
    progress(context)(f"published: {audit.files.findings_database}")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows["findings"],
            "path": dg.MetadataValue.path(audit.files.findings_database),
            **{f"rows of {table}": count for table, count in sorted(rows.items())},
        }
    )


def publish_week(files: OrgFiles, weeks_kept: int = WEEKS_KEPT) -> dict[str, int]:
    """Publishes what the warehouse holds; gives the rows by table.

    The report is made anew: the one that is there may be of an earlier run of the day, where Dagster runs this alone.
    """
    with open_warehouse(files.warehouse) as warehouse:
        review = read_review(warehouse)
    path, document = write_report(files, review)
    week = Week(review.snapshot_at, message(review), has_changes(review))
    return publish(files, packed(week, path.name, document), weeks_kept)
