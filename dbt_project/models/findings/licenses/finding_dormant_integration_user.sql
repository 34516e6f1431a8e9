with dormant as (
    select
        users.*,
        {{ days_between('users.last_activity_at', 'snapshot.snapshot_at') }} as days_inactive,
        users.last_activity_at is null as never_used
    from {{ ref('int_users') }} as users
    cross join {{ ref('int_snapshot') }} as snapshot
    where
        users.is_integration_user
        and users.is_active
        and users.created_at <= snapshot.snapshot_at - to_hours(24 * snapshot.dormant_integration_days)
        and (
            users.last_activity_at is null
            or users.last_activity_at <= snapshot.snapshot_at - to_hours(24 * snapshot.dormant_integration_days)
        )
),

found as (
    select
        {{ finding_id('dormant.user_id15') }} as finding_id,
        evaluated.finding_type,
        if(dormant.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'user' as subject_type,
        dormant.user_id as subject_id,
        dormant.name as subject_name,
        dormant.user_id,
        dormant.username,
        cast(dormant.license_price as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        dormant.last_activity_at,
        dormant.days_inactive,
        dormant.never_used,
        dormant.license_name,
        dormant.license_price_source as price_source
    from dormant
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'dormant_integration_user' and evaluated.status <> 'not_evaluated'
)

select
    *,
    {{ sentences() }}
from found
