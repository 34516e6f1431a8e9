select
    Id as permission_set_group_id,
    left(Id, 15) as permission_set_group_id15,
    DeveloperName as developer_name,
    MasterLabel as label,
    Status as status,
    HasActivationRequired as is_session_activated
from {{ source('salesforce', 'permission_set_group') }}
