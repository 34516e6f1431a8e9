select
    username,
    permission,
    reason,
    owner,
    expires
from {{ source('policy', 'justified_permissions') }}
