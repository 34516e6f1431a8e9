select
    Id as user_id,
    left(Id, 15) as user_id15,
    Username as username,
    Name as name,
    Alias as alias,
    Email as email,
    UserType as user_type,
    IsActive as is_active,
    left(ProfileId, 15) as profile_id15,
    left(ManagerId, 15) as manager_id15,
    LastLoginDate as last_login_at,
    CreatedDate as created_at
from {{ source('salesforce', 'user') }}
