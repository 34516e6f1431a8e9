with live_ui_sessions as (
    select sessions.*
    from {{ ref('stg_salesforce__auth_sessions') }} as sessions
    cross join {{ ref('int_snapshot') }} as snapshot
    inner join {{ ref('session_types') }} as types
        on lower(sessions.session_type) = lower(types.session_type) and types.is_user_interface
    where
        sessions.modified_at + to_seconds(sessions.valid_seconds) > snapshot.snapshot_at
),

by_user as (
    select
        user_id15,
        -- One visit opens several: those of one parent are one.
        cast(count(distinct coalesce(parent_id15, session_id15)) as integer) as session_count,
        {{ sorted_set('session_type') }} as session_types,
        {{ sorted_set('source_ip') }} as source_ips,
        min(created_at) as first_session_at,
        max(created_at) as last_session_at,
        bool_or(lower(session_type) = 'substituteuser') as login_as
    from live_ui_sessions
    group by user_id15
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
        by_user.* exclude (user_id15)
    from by_user
    inner join {{ ref('int_users') }} as users on by_user.user_id15 = users.user_id15
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'integration_user_ui_session' and evaluated.status <> 'not_evaluated'
    where users.is_integration_user and users.is_active
)

select
    *,
    {{ sentences() }}
from found
