select
    Id as permission_set_license_id,
    left(Id, 15) as permission_set_license_id15,
    DeveloperName as developer_name,
    MasterLabel as label,
    PermissionSetLicenseKey as license_key,
    Status as status,
    nullif(TotalLicenses, -1) as total_seats,  -- Salesforce's -1 is no limit
    UsedLicenses as used_seats,
    ExpirationDate as expires_on
from {{ source('salesforce', 'permission_set_license') }}
