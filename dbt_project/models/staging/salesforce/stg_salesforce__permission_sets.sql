select
    Id as permission_set_id,
    left(Id, 15) as permission_set_id15,
    Name as name,
    Label as label,
    Type as type,
    IsOwnedByProfile as is_owned_by_profile,
    left(ProfileId, 15) as profile_id15,
    left(PermissionSetGroupId, 15) as permission_set_group_id15,
    left(LicenseId, 15) as license_id15,
    HasActivationRequired as is_session_activated,
    NamespacePrefix as namespace,
    IsCustom as is_custom
from {{ source('salesforce', 'permission_set') }}
