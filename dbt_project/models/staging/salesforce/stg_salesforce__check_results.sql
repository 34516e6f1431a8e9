select
    object,
    check_name,
    severity,
    passed,
    detail
from {{ source('salesforce', 'check_result') }}
