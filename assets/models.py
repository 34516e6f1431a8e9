"""Staging and findings: the dbt project, from `raw` and `policy` to the marts, in one call of dbt a run."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from spendready_pipeline.resources import ORGS, Audit, dbt_project, progress, warehouse_for_dbt


@dbt_assets(
    manifest=dbt_project().manifest_path,
    exclude="resource_type:unit_test",
    name="dbt",
    partitions_def=ORGS,
    # Several source tables are one asset: all of the policy, all of what is known of the snapshot.
    dagster_dbt_translator=DagsterDbtTranslator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)),
)
def models(context: dg.AssetExecutionContext, dbt: DbtCliResource, audit: Audit) -> Iterator[Any]:
    """Builds seeds, staging, findings, history and marts, and runs dbt's tests on them."""
    progress(context)("building the findings")
    with warehouse_for_dbt(audit.files):
        # A target folder of the org's own: dbt parses anew whenever the warehouse is not the one it parsed for.
        yield from dbt.cli(["build"], context=context, target_path=audit.files.dbt_target).stream()
