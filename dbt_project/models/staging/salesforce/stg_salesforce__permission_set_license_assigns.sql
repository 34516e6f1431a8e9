select
    Id as assignment_id,
    left(Id, 15) as assignment_id15,
    left(AssigneeId, 15) as user_id15,
    left(PermissionSetLicenseId, 15) as permission_set_license_id15,
    IsRevoked as is_revoked,
    CreatedDate as created_at
from {{ source('salesforce', 'permission_set_license_assign') }}
