select
    finding_type,
    status,
    reason,
    cure,
    snapshot_at
from {{ ref('int_coverage') }}
