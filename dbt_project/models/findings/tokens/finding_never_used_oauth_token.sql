with never_used as (
    select tokens.*
    from {{ ref('int_oauth_tokens') }} as tokens
    cross join {{ ref('int_snapshot') }} as snapshot
    where
        tokens.last_used_at is null
        and (
            tokens.created_at is null
            or tokens.created_at <= snapshot.snapshot_at - to_hours(24 * snapshot.never_used_token_days)
        )
),

found as (
    select
        {{ finding_id('never_used.token_key') }} as finding_id,
        evaluated.finding_type,
        if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'oauth_token' as subject_type,
        never_used.token_key as subject_id,
        never_used.app_name as subject_name,
        coalesce(users.user_id, never_used.user_id) as user_id,
        users.username,
        cast(null as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        never_used.app_name,
        never_used.app_id,
        never_used.created_at as token_created_at,
        never_used.use_count,
        never_used.last_attempt_failed
    from never_used
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'never_used_oauth_token' and evaluated.status <> 'not_evaluated'
    left join {{ ref('int_users') }} as users on never_used.user_id15 = users.user_id15
    where users.is_system is distinct from true
)

select
    *,
    {{ sentences() }}
from found
