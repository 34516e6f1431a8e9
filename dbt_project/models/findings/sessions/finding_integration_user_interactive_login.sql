with by_user as (
    select
        user_id15,
        cast(count(*) as integer) as login_count,
        {{ sorted_set('login_type') }} as login_types,
        {{ sorted_set('source_ip') }} as source_ips,
        {{ sorted_set('country') }} as countries,
        {{ sorted_set('browser') }} as browsers,
        min(logged_in_at) as first_login_at,
        max(logged_in_at) as last_login_at
    from {{ ref('int_integration_logins') }}
    where kind in ('interactive', 'login_as')
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
        on evaluated.finding_type = 'integration_user_interactive_login' and evaluated.status <> 'not_evaluated'
)

select
    *,
    {{ sentences() }}
from found
