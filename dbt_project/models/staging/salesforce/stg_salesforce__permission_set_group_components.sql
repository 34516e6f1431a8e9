select
    Id as component_id,
    left(Id, 15) as component_id15,
    left(PermissionSetGroupId, 15) as permission_set_group_id15,
    left(PermissionSetId, 15) as permission_set_id15
from {{ source('salesforce', 'permission_set_group_component') }}
