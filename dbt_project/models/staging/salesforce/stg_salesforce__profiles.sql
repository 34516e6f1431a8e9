select
    Id as profile_id,
    left(Id, 15) as profile_id15,
    Name as name,
    left(UserLicenseId, 15) as user_license_id15,
    UserType as user_type
from {{ source('salesforce', 'profile') }}
