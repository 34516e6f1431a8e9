"""Check: Great Expectations over each raw object. A critical failure stops everything downstream."""

from collections.abc import Iterator

import dagster as dg

from assets.extract import raw_key
from expectations import CHECKS, suite_of
from spendready_pipeline.catalog.salesforce_objects import BY_NAME, OBJECTS
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import Audit
from spendready_pipeline.quality.validation import check_object, record
from spendready_pipeline.storage.warehouse import open_warehouse

SEVERITY = {"critical": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


@dg.multi_asset_check(
    name="great_expectations",
    specs=[
        dg.AssetCheckSpec(name, asset=raw_key(BY_NAME[object_name].table), description=description, blocking=True)
        for object_name, name, _, description in CHECKS
    ],
)
def great_expectations(context: dg.AssetCheckExecutionContext, audit: Audit) -> Iterator[dg.AssetCheckResult]:
    """Judges each raw table by its suite, in bounded batches; what failed is kept for the report."""
    with as_dagster_failure(), open_warehouse(audit.files.warehouse) as warehouse:
        results = [result for each in OBJECTS for result in check_object(warehouse, each, suite_of(each.name))]
        record(warehouse, results)
    progress(context)(f"checked {len(OBJECTS)} objects: {sum(not each.passed for each in results)} checks failed")
    for each in results:
        yield dg.AssetCheckResult(
            asset_key=raw_key(BY_NAME[each.object].table),
            check_name=each.check_name,
            passed=each.passed,
            severity=SEVERITY[each.severity],
            metadata={"detail": each.detail},
        )
