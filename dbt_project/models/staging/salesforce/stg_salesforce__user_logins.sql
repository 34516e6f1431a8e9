select
    Id as user_login_id,
    left(Id, 15) as user_login_id15,
    left(UserId, 15) as user_id15,
    IsFrozen as is_frozen,
    IsPasswordLocked as is_password_locked
from {{ source('salesforce', 'user_login') }}
