with inactive as (
    select
        users.*,
        {{ days_between('users.last_activity_at', 'snapshot.snapshot_at') }} as days_inactive,
        users.last_activity_at is null as never_logged_in
    from {{ ref('int_users') }} as users
    cross join {{ ref('int_snapshot') }} as snapshot
    where
        users.is_active
        and not users.is_system
        and not users.is_integration_user
        and not users.is_license_free
        and if(
            users.last_activity_at is null,
            users.created_at <= snapshot.snapshot_at - to_hours(24 * snapshot.never_logged_in_days),
            users.last_activity_at <= snapshot.snapshot_at - to_hours(24 * snapshot.inactive_user_days)
        )
),

found as (
    select
        {{ finding_id('inactive.user_id15') }} as finding_id,
        evaluated.finding_type,
        if(inactive.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'user' as subject_type,
        inactive.user_id as subject_id,
        inactive.name as subject_name,
        inactive.user_id,
        inactive.username,
        cast(inactive.license_price as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        inactive.last_activity_at,
        inactive.days_inactive,
        inactive.never_logged_in,
        inactive.is_frozen,
        inactive.license_name,
        inactive.license_price_source as price_source
    from inactive
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'inactive_user' and evaluated.status <> 'not_evaluated'
)

select
    *,
    {{ sentences() }}
from found
