select
    Id as user_license_id,
    left(Id, 15) as user_license_id15,
    Name as name,
    MasterLabel as label,
    LicenseDefinitionKey as license_key,
    Status as status,
    nullif(TotalLicenses, -1) as total_seats,  -- Salesforce's -1 is no limit
    UsedLicenses as used_seats,
    MonthlyLoginsEntitlement as monthly_logins_entitlement,
    MonthlyLoginsUsed as monthly_logins_used
from {{ source('salesforce', 'user_license') }}
