"""Retention: what a run that succeeded leaves on the disk, and what is deleted because its time is over."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.deliver import weekly_delivery
from assets.publish import findings_database
from spendready_pipeline.delivery import alert_of_full_disk
from spendready_pipeline.evidence.archive import newest_snapshot
from spendready_pipeline.maintenance.disk import forecast, free_bytes, measure, note
from spendready_pipeline.maintenance.disk_messages import bytes_in_words, warning
from spendready_pipeline.maintenance.pruning import prune
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.orchestration.run_history import prune_runs
from spendready_pipeline.storage.files import dagster_home, snapshot_moment


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
        now = datetime.now(UTC)
        snapshot_at = snapshot_moment(newest_snapshot(audit.files) or "") or now
        pruned = prune(audit.files, audit.keep, snapshot_at, now)
        days = timedelta(days=audit.keep.dagster_days)
        runs = prune_runs(context.instance, min(snapshot_at, now) - days)
        sizes = measure(audit.files, dagster_home(audit.data_dir), now)
        note(audit.files, sizes)
        tell = progress(context)
        for name in pruned.kept_changed:
            tell(f"warning: {name} is older than keep.evidence_days, and kept: it is not as it was written")
        coming = forecast(audit.all_files, free_bytes(audit.data_dir))
        if coming.is_full_soon:
            tell(f"warning: {warning(audit.data_dir, coming)}")
            alert_of_full_disk(audit.files, warning(audit.data_dir, coming), now, audit.destinations)
    return dg.MaterializeResult(
        metadata={
            "snapshots pruned": len(pruned.snapshots),
            "reports deleted": len(pruned.reports),
            "runs deleted": runs,
            "bytes on disk": sizes.org,
            "free": bytes_in_words(sizes.free),
        }
    )
