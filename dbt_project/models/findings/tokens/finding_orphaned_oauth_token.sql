with decommissioned as (
    select distinct tokens.token_key
    from {{ ref('int_oauth_tokens') }} as tokens
    inner join {{ ref('stg_policy__decommissioned_apps') }} as policy
        on {{ is_app('policy.app', 'tokens') }}
),

orphaned as (
    select
        tokens.*,
        users.username,
        coalesce(users.user_id, tokens.user_id) as owner_id,
        coalesce(users.raises_severity, false) as raises_severity,
        list_filter(
            [
                if(decommissioned.token_key is not null, 'app_decommissioned', null),
                if(users.is_frozen, 'user_frozen', null),
                if(not users.is_active, 'user_inactive', null)
            ],
            lambda reason: reason is not null
        ) as reasons
    from {{ ref('int_oauth_tokens') }} as tokens
    left join {{ ref('int_users') }} as users on tokens.user_id15 = users.user_id15
    left join decommissioned on tokens.token_key = decommissioned.token_key
    where users.is_system is distinct from true
),

found as (
    select
        {{ finding_id('orphaned.token_key') }} as finding_id,
        evaluated.finding_type,
        if(orphaned.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'oauth_token' as subject_type,
        orphaned.token_key as subject_id,
        orphaned.app_name as subject_name,
        orphaned.owner_id as user_id,
        orphaned.username,
        cast(null as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        orphaned.app_name,
        orphaned.app_id,
        orphaned.reasons,
        orphaned.created_at as token_created_at,
        orphaned.last_used_at,
        orphaned.last_attempt_failed
    from orphaned
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'orphaned_oauth_token' and evaluated.status <> 'not_evaluated'
    where orphaned.reasons <> []
)

select
    *,
    {{ sentences() }}
from found
