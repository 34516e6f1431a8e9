select
    Id as assignment_id,
    left(Id, 15) as assignment_id15,
    left(AssigneeId, 15) as user_id15,
    left(PermissionSetId, 15) as permission_set_id15,
    left(PermissionSetGroupId, 15) as permission_set_group_id15,
    IsActive as is_active,
    IsRevoked as is_revoked,
    ExpirationDate as expires_at,
    SystemModstamp as modified_at
from {{ source('salesforce', 'permission_set_assignment') }}
