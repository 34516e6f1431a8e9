select
    finding_type,
    status,
    reason,
    remediation,
    snapshot_at
from {{ ref('int_coverage') }}
