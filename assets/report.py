"""Report: the weekly PDF of one org."""

import dagster as dg

from assets.models import models
from reports.preview import page_one
from reports.sections.summary import verdict
from reports.weekly import write_report
from spendready_pipeline.delivery.message import sanitize
from spendready_pipeline.orchestration.freshness import freshness_policy_for
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.metadata import picture, table
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.review.figures import figures, weeks
from spendready_pipeline.settings import org_schedules

FRESHNESS = freshness_policy_for(cron for _, cron, _ in org_schedules())


@dg.asset(
    key=["report", "weekly_report"],
    group_name="report",
    owners=["team:security"],
    kinds={"reportlab"},
    partitions_def=ORGS,
    freshness_policy=FRESHNESS,
    deps=[key for key in models.keys if key.path[0] == "marts"],
    description="The PDF that security, IT and RevOps open: each finding with its evidence, cost and remediation.",
)
def weekly_report(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Reads the review from the marts and writes the document, as a whole or not at all."""
    with as_dagster_failure():
        report = write_report(audit.files)
    for line in (
        f"report: {report.path}",
        verdict(report.review),
        *(sanitize(f"policy: {each.warning}") for each in report.review.policy_warnings),
    ):
        progress(context)(line)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(report.path),
            "page one": picture("Page one", page_one(report.document, 600)),
            "week by week": table(weeks(report.review)),
            "bytes": len(report.document),
            **figures(report.review),
        }
    )
