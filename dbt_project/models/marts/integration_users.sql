select
    users.user_id,
    users.username,
    users.name,
    users.is_active,
    users.is_integration_user,
    users.confidence,
    users.reasons,
    users.profile_name,
    users.license_name,
    users.last_activity_at
from {{ ref('int_users') }} as users
where users.reasons is not null
