select
    finding_type,
    subject,
    reason,
    owner,
    expires
from {{ source('policy', 'waivers') }}
