with stale as (
    select
        tokens.*,
        {{ days_between('tokens.last_used_at', 'snapshot.snapshot_at') }} as days_unused
    from {{ ref('int_oauth_tokens') }} as tokens
    cross join {{ ref('int_snapshot') }} as snapshot
    where tokens.last_used_at <= snapshot.snapshot_at - to_hours(24 * snapshot.stale_token_days)
),

found as (
    select
        {{ finding_id('stale.token_key') }} as finding_id,
        evaluated.finding_type,
        if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'oauth_token' as subject_type,
        stale.token_key as subject_id,
        stale.app_name as subject_name,
        coalesce(users.user_id, stale.user_id) as user_id,
        users.username,
        cast(null as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        stale.app_name,
        stale.app_id,
        stale.created_at as token_created_at,
        stale.last_used_at,
        stale.use_count,
        stale.last_attempt_failed,
        stale.days_unused
    from stale
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'stale_oauth_token' and evaluated.status <> 'not_evaluated'
    left join {{ ref('int_users') }} as users on stale.user_id15 = users.user_id15
    where users.is_system is distinct from true
)

select
    *,
    {{ sentences() }}
from found
