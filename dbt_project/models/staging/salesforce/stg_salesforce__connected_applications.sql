select
    Id as connected_application_id,
    left(Id, 15) as connected_application_id15,
    Name as name,
    OptionsAllowAdminApprovedUsersOnly as is_admin_approved_only
from {{ source('salesforce', 'connected_application') }}
