-- The rule of the template: active users that are frozen. Replace it, and the columns after snapshot_at.
with found as (
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
        users.is_frozen
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = '$type' and evaluated.status <> 'not_evaluated'
    where users.is_active and users.is_frozen and not users.is_system
)

select
    *,
    {{ sentences() }}
from found
