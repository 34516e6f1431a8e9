select
    extractions.object,
    extractions.status,
    extractions.rows as rows_read,
    extractions.count_before,
    extractions.count_after,
    extractions.reason,
    extractions.remediation,
    extractions.missing_fields,
    extractions.known_since,
    extractions.api_calls,
    extractions.seconds,
    snapshot.snapshot_at
from {{ ref('stg_salesforce__extractions') }} as extractions
cross join {{ ref('int_snapshot') }} as snapshot
