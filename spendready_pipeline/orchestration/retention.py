"""What a run that succeeded deletes because its time is over, and what it says about the disk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from spendready_pipeline.delivery import alert_of_full_disk
from spendready_pipeline.evidence.archive import newest_snapshot
from spendready_pipeline.maintenance.disk import forecast, free_bytes, measure, note
from spendready_pipeline.maintenance.disk_messages import bytes_in_words, warning
from spendready_pipeline.maintenance.pruning import prune
from spendready_pipeline.orchestration.run_history import prune_runs
from spendready_pipeline.settings import Settings
from spendready_pipeline.storage.files import OrgFiles, dagster_home, snapshot_moment


def apply_retention(
    instance: dg.DagsterInstance, files: OrgFiles, settings: Settings, tell: Callable[[str], None]
) -> dict[str, int | str]:
    """Prunes evidence, reports and Dagster's runs, notes the sizes, and warns of a disk that will be full soon.

    Args:
        instance: Dagster's.
        files: The org's.
        settings: With what is kept, and who is alerted.
        tell: Takes each warning.

    Returns:
        What was deleted and what is on the disk now.
    """
    now = datetime.now(UTC)
    snapshot_at = snapshot_moment(newest_snapshot(files) or "") or now
    pruned = prune(files, settings.keep, snapshot_at, now)
    runs = prune_runs(instance, min(snapshot_at, now) - timedelta(days=settings.keep.dagster_days))
    sizes = measure(files, dagster_home(settings.data_dir), now)
    note(files, sizes)
    for name in pruned.kept_changed:
        tell(f"warning: {name} is older than keep.evidence_days, and kept: it is not as it was written")
    coming = forecast([settings.files(each.name) for each in settings.orgs], free_bytes(settings.data_dir))
    if coming.is_full_soon:
        tell(f"warning: {warning(settings.data_dir, coming)}")
        alert_of_full_disk(files, warning(settings.data_dir, coming), now, settings.delivery)
    return {
        "snapshots pruned": len(pruned.snapshots),
        "reports deleted": len(pruned.reports),
        "runs deleted": runs,
        "bytes on disk": sizes.org,
        "free": bytes_in_words(sizes.free),
    }
