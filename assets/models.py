"""Staging and findings: the dbt project, from `raw` and `policy` to the marts, in one call of dbt a run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from spendready_pipeline.errors import DISK_FULL, DiskFullError, OrgError
from spendready_pipeline.orchestration.dbt import DbtFailed, build_models, dagster_events, selection_of
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.manifest import manifest_path
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.storage.warehouse import open_warehouse, row_counts


@dbt_assets(
    manifest=manifest_path(),
    exclude="resource_type:unit_test",
    name="dbt",
    partitions_def=ORGS,
    # Several source tables are one asset: all of the policy, all of what is known of the snapshot.
    dagster_dbt_translator=DagsterDbtTranslator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)),
)
def models(context: dg.AssetExecutionContext, audit: Audit) -> Iterator[Any]:
    """Builds seeds, staging, findings, history and marts, and runs dbt's tests on them."""
    progress(context)("building the findings")
    build = build_models(audit.files, selection_of(context))
    rows = _row_counts(audit.files.warehouse)
    yield from (_with_row_count(event, rows) for event in dagster_events(build, context))
    if build.succeeded:
        return
    errors = "\n".join(build.errors)
    if DISK_FULL in errors:
        with as_dagster_failure():
            raise DiskFullError(str(audit.files.warehouse))
    raise DbtFailed(f"dbt could not build the findings:\n{errors}")


def _row_counts(path: Path) -> dict[str, int]:
    """Rows can be counted only once dbt has let go of the warehouse; what dbt did is told with or without them."""
    try:
        with open_warehouse(path, read_only=True) as warehouse:
            return row_counts(warehouse)
    except OrgError:
        return {}


def _with_row_count(event: Any, rows: dict[str, int]) -> Any:  # noqa: ANN401 - any event of dagster-dbt
    if not isinstance(event, dg.Output) or "unique_id" not in event.metadata:
        return event
    table = str(event.metadata["unique_id"].value).split(".")[-1]
    return event.with_metadata({**event.metadata, "dagster/row_count": rows[table]}) if table in rows else event
