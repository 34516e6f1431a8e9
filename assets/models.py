"""Staging and findings: the dbt project, from `raw` and `policy` to the marts, in one call of dbt a run."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from spendready_pipeline.orchestration.dbt import build_for_dagster
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.manifest import manifest_path
from spendready_pipeline.orchestration.resources import ORGS, Audit


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
    yield from build_for_dagster(context, audit.files)
