"""Retention: what a run that succeeded leaves on the disk, and what is deleted because its time is over."""

import dagster as dg

from assets.deliver import weekly_delivery
from assets.publish import findings_database
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.orchestration.retention import apply_retention


@dg.asset(
    key=["retention", "retention"],
    group_name="deliver",
    owners=["team:data"],
    kinds={"python"},
    partitions_def=ORGS,
    deps=[findings_database.key, weekly_delivery.key],
    description="Deletes what is older than `keep` says, once all is published and delivered; looks at the disk.",
)
def retention(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Prunes evidence, reports and Dagster's runs, notes the sizes, and warns of a disk that will be full soon."""
    with as_dagster_failure():
        return dg.MaterializeResult(
            metadata=apply_retention(context.instance, audit.files, audit.settings, progress(context))
        )
