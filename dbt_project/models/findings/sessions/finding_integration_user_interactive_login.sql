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
)

select
    {{ finding_id('users.user_id15') }} as finding_id,
    evaluated.finding_type,
    if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
    'user' as subject_type,
    users.user_id as subject_id,
    users.name as subject_name,
    users.user_id,
    users.username,
    format(
        'Somebody logged in as {} {}, last on {}',
        users.username,
        if(by_user.login_count = 1, 'once', by_user.login_count || ' times'),
        strftime(by_user.last_login_at at time zone 'UTC', '%Y-%m-%d')
    ) as summary,
    format(
        'Setup > Users > {0} > Login History: review who logged in as {0}, and why that was needed. Keep its '
        'credentials where nobody has to type them (Setup > Named Credentials, or the caller''s vault), change them, '
        'and restrict {0} to an API-only profile',
        users.username
    ) as remediation,
    cast(null as decimal(18, 2)) as annual_cost,
    evaluated.snapshot_at,
    by_user.* exclude (user_id15)
from by_user
inner join {{ ref('int_users') }} as users on by_user.user_id15 = users.user_id15
inner join {{ ref('int_coverage') }} as evaluated
    on evaluated.finding_type = 'integration_user_interactive_login' and evaluated.status <> 'not_evaluated'
