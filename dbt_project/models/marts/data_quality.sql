select
    results.object,
    results.check_name,
    results.severity,
    results.passed,
    results.detail,
    snapshot.snapshot_at
from {{ ref('stg_salesforce__check_results') }} as results
cross join {{ ref('int_snapshot') }} as snapshot
