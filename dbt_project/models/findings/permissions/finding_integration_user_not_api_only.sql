with not_api_only as (
    select users.*
    from {{ ref('int_users') }} as users
    where
        users.is_integration_user
        and users.is_active
        and not users.is_license_integration
        and users.user_id15 not in (
            select user_id15 from {{ ref('int_permissions_in_force') }} where permission = 'ApiUserOnly'
        )
),

found as (
    select
        {{ finding_id('users.user_id15') }} as finding_id,
        evaluated.finding_type,
        if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'user' as subject_type,
        users.user_id as subject_id,
        users.name as subject_name,
        users.user_id,
        users.username,
        cast(null as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        users.profile_name,
        users.license_name
    from not_api_only as users
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'integration_user_not_api_only' and evaluated.status <> 'not_evaluated'
)

select
    *,
    {{ sentences() }}
from found
