with token_use as (
    select
        tokens.user_id15,
        sum(tokens.use_count) as uses
    from {{ ref('int_oauth_tokens') }} as tokens
    cross join {{ ref('int_snapshot') }} as snapshot
    where tokens.last_used_at > snapshot.snapshot_at - to_hours(24 * 90) and not tokens.last_attempt_failed
    group by tokens.user_id15
),

excluded as (
    select distinct accounts.user_id15
    from {{ ref('int_accounts') }} as accounts
    inner join {{ ref('stg_policy__username_excludes') }} as policy
        on {{ matches('accounts.username', 'policy.pattern') }}
),

declared_by_pattern as (
    select distinct accounts.user_id15
    from {{ ref('int_accounts') }} as accounts
    inner join {{ ref('stg_policy__username_patterns') }} as policy
        on {{ matches('accounts.username', 'policy.pattern') }}
),

signals as (
    select
        accounts.user_id15,
        accounts.is_system,
        accounts.user_id15 in (select user_id15 from excluded) as policy_exclude,
        lower(trim(accounts.username)) in (
            select lower(trim(username)) from {{ ref('stg_policy__integration_usernames') }}
        ) as policy_username,
        accounts.user_id15 in (select user_id15 from declared_by_pattern) as policy_pattern,
        coalesce(accounts.is_license_integration, false) as integration_license,
        accounts.user_id15 in (
            select user_id15 from {{ ref('int_permissions_in_force') }} where permission = 'ApiUserOnly'
        ) as api_only_permission,
        accounts.user_id15 in (
            select assigns.user_id15
            from {{ ref('stg_salesforce__permission_set_license_assigns') }} as assigns
            inner join {{ ref('int_licenses') }} as licenses
                on assigns.permission_set_license_id15 = licenses.license_id15
            where
                assigns.is_revoked is distinct from true
                and licenses.license_kind = 'permission_set_license'
                and 'SalesforceAPIIntegrationPsl' in (licenses.license_key, licenses.developer_name)
        ) as integration_psl,
        lower(trim(accounts.profile_name)) in (select lower(profile_name) from {{ ref('api_only_profiles') }})
            as integration_profile,
        names.user_id15 is not null as has_name_signal,
        coalesce(logins.interactive_logins, 0) as interactive_logins,
        coalesce(logins.machine_logins, 0) + coalesce(token_use.uses, 0) as machine_activity,
        logins.machine_logins >= 100
        and logins.interactive_logins = 0
        and logins.approval_logins = 0
        and logins.machine_logins_with_browser = 0
        and logins.machine_login_days >= 14 as behaves_as_machine
    from {{ ref('int_accounts') }} as accounts
    left join {{ ref('int_name_signals') }} as names on accounts.user_id15 = names.user_id15
    left join {{ ref('int_login_activity') }} as logins on accounts.user_id15 = logins.user_id15
    left join token_use on accounts.user_id15 = token_use.user_id15
),

judged as (
    select
        *,
        has_name_signal
        and machine_activity > 0
        and machine_activity * 10 >= (machine_activity + interactive_logins) * 9 as name_and_behavior
    from signals
),

reasoned as (
    select
        user_id15,
        is_system,
        if(
            is_system,
            ['system_user'],
            list_filter(
                [
                    if(policy_exclude, 'policy_exclude', null),
                    if(policy_username, 'policy_username', null),
                    if(policy_pattern, 'policy_pattern', null),
                    if(integration_license, 'integration_license', null),
                    if(api_only_permission, 'api_only_permission', null),
                    if(integration_psl, 'integration_psl', null),
                    if(integration_profile, 'integration_profile', null),
                    if(name_and_behavior, 'name_and_behavior', null),
                    if(has_name_signal and not name_and_behavior, 'name_only', null),
                    if(behaves_as_machine and not name_and_behavior, 'behavior_only', null)
                ],
                lambda reason: reason is not null
            )
        ) as reasons
    from judged
)

select
    user_id15,
    -- The first reason decides.
    case
        when reasons[1] in ('system_user', 'policy_exclude') then null
        when reasons[1] in ('policy_username', 'policy_pattern') then 'declared'
        when reasons[1] = 'name_and_behavior' then 'likely'
        when reasons[1] in ('name_only', 'behavior_only') then 'possible'
        else 'certain'
    end as confidence,
    coalesce(confidence in ('declared', 'certain', 'likely'), false) as is_integration_user,
    reasons
from reasoned
where reasons <> []
