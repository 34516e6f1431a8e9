select
    object,
    status,
    rows,
    count_before,
    count_after,
    reason,
    columns('^(remediation|cure)$') as remediation,  -- `cure` where an earlier release read the org
    missing_fields,
    known_since,
    api_calls,
    seconds
from {{ source('salesforce', 'extraction') }}
