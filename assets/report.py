"""Report: the weekly PDF of one org."""

import dagster as dg

from assets.models import models
from reports import build
from spendready_pipeline.files import write_atomically
from spendready_pipeline.resources import ORGS, Audit, failures_for_the_reader, progress
from spendready_pipeline.review import read_review
from spendready_pipeline.warehouse import open_warehouse

WEEKLY_REPORT = dg.AssetKey(["report", "weekly_report"])


@dg.asset(
    key=WEEKLY_REPORT,
    group_name="report",
    owners=["team:security"],
    kinds={"reportlab"},
    partitions_def=ORGS,
    deps=[key for key in models.keys if key.path[0] == "marts"],
    description="The PDF that security, IT and RevOps open: each finding with its evidence, cost and remedy.",
)
def weekly_report(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Reads the review from the marts and writes the document, as a whole or not at all."""
    with failures_for_the_reader():
        with open_warehouse(audit.files.warehouse) as warehouse:
            review = read_review(warehouse)
        path = audit.files.report(review.snapshot_at.date())
        document = build(review)
        write_atomically(path, document)
    progress(context)(f"report: {path}")
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(path), "bytes": len(document)})
