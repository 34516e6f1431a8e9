"""Extract: each Salesforce object, as the org has it now, into `raw`; the company's policy beside it."""

from collections.abc import Iterator

import dagster as dg

from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.metadata import stated
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.policy.load import load_policy
from spendready_pipeline.salesforce.extract.load import ExtractedObject
from spendready_pipeline.salesforce.extract.snapshot import take_snapshot
from spendready_pipeline.storage.warehouse import open_warehouse

GROUP = "extract"
OWNERS = ["team:data"]
SNAPSHOT = dg.AssetKey(["salesforce", "snapshot"])
POLICY = dg.AssetKey(["policy"])


def raw_key(table: str) -> dg.AssetKey:
    """The asset of a raw table; dbt's source `salesforce` has the same keys."""
    return dg.AssetKey(["salesforce", table])


def _spec(key: dg.AssetKey, description: str, kinds: set[str], deps: list[dg.AssetKey] | None = None) -> dg.AssetSpec:
    return dg.AssetSpec(
        key, description=description, kinds=kinds, group_name=GROUP, owners=OWNERS, deps=deps, partitions_def=ORGS
    )


# One step, not to be split: the objects of one snapshot belong together and share one sign-in.
@dg.multi_asset(
    name="snapshot",
    specs=[
        *(
            _spec(
                raw_key(each.table),
                f"Salesforce's {each.name}, as this login may read it. Needs: {each.remediation}.",
                {"salesforce", "duckdb"},
            )
            for each in OBJECTS
        ),
        _spec(
            SNAPSHOT,
            "When the snapshot was taken (the org's own clock), by whom, and what could be read.",
            {"salesforce", "duckdb"},
            [raw_key(each.table) for each in OBJECTS],
        ),
    ],
    can_subset=False,
)
def snapshot(context: dg.AssetExecutionContext, audit: Audit) -> Iterator[dg.MaterializeResult[None]]:
    """Signs in, reads every object of the catalogue and lands it, with evidence; hidden objects become coverage."""
    objects = 0
    with as_dagster_failure():
        for extracted in take_snapshot(audit.org, audit.files, context.run_id, progress(context)):
            objects += 1
            yield dg.MaterializeResult(
                asset_key=raw_key(extracted.table),
                metadata=_metadata(extracted),
            )
    yield dg.MaterializeResult(asset_key=SNAPSHOT, metadata={"objects": objects})


def _metadata(extracted: ExtractedObject) -> dict[str, str | int | float]:
    """What the asset's page shows; what does not apply is left out."""
    return stated(
        {
            "dagster/row_count": extracted.rows,
            "status": extracted.status,
            "count() before": extracted.count_before,
            "count() after": extracted.count_after,
            "reason": extracted.reason,
            "what to grant": extracted.remediation,
            "missing fields": ", ".join(extracted.missing_fields),
            "API calls": extracted.api_calls,
            "seconds": extracted.seconds,
            "bytes": extracted.bytes,
        }
    )


@dg.asset(
    key=POLICY,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb"},
    partitions_def=ORGS,
    description="What the company decides, from spendready.yml: thresholds, known users and apps, prices, waivers.",
)
def policy(audit: Audit) -> dg.MaterializeResult[None]:
    """Lands the org's policy as tables of the schema `policy`."""
    with as_dagster_failure(), open_warehouse(audit.files.warehouse) as warehouse:
        rows = load_policy(audit.org.policy, warehouse)
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), **rows})
