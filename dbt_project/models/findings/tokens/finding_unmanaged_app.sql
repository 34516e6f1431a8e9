with approved as (
    select distinct tokens.token_key
    from {{ ref('int_oauth_tokens') }} as tokens
    inner join {{ source('policy', 'approved_apps') }} as policy
        on {{ is_app('policy.app', 'tokens') }}
),

apps as (
    select
        coalesce(tokens.known_app_id15, {{ app_name_of('tokens') }}, 'unnamed') as app_key,
        coalesce(min(tokens.installed_app_name), min({{ app_name_of('tokens') }}), 'unnamed') as app_name,
        coalesce(min(tokens.installed_app_id), max(tokens.app_id)) as app_id,
        cast(count(*) as integer) as token_count,
        cast(count(distinct tokens.user_id15) as integer) as user_count,
        max(tokens.last_used_at) as last_used_at,
        bool_or(tokens.installed_app_id is not null) as is_installed,
        bool_or(approved.token_key is not null) as is_approved
    from {{ ref('int_oauth_tokens') }} as tokens
    left join {{ ref('int_users') }} as users on tokens.user_id15 = users.user_id15
    left join approved on tokens.token_key = approved.token_key
    where users.is_system is distinct from true
    group by app_key
),

known as (
    select
        -- Where the installed apps are not all known, nobody can say that one is missing.
        (
            select count(*) = 2
            from {{ source('salesforce', 'extraction') }}
            where object in ('ConnectedApplication', 'ExternalClientApplication') and status = 'read'
        ) as knows_installed,
        (select count(*) > 0 from {{ source('policy', 'approved_apps') }}) as knows_approved
),

unmanaged as (
    select
        apps.*,
        list_filter(
            [
                if(known.knows_approved and not apps.is_approved, 'not_approved', null),
                if(known.knows_installed and not apps.is_installed, 'not_installed', null)
            ],
            lambda reason: reason is not null
        ) as reasons
    from apps
    cross join known
)

select
    {{ finding_id('unmanaged.app_key') }} as finding_id,
    evaluated.finding_type,
    evaluated.severity,
    'app' as subject_type,
    coalesce(unmanaged.app_id, unmanaged.app_key) as subject_id,
    unmanaged.app_name as subject_name,
    cast(null as varchar) as user_id,
    cast(null as varchar) as username,
    format(
        '{} holds {} of {} and is {}',
        unmanaged.app_name,
        {{ counted('unmanaged.token_count', 'token') }},
        {{ counted('unmanaged.user_count', 'user') }},
        replace(list_aggregate(unmanaged.reasons, 'string_agg', ' and '), '_', ' ')
    ) as summary,
    format(
        '{} > {}: find out who needs it. If somebody does, {}; if nobody does, revoke its tokens and block it',
        {{ oauth_usage('unmanaged.app_id') }},
        unmanaged.app_name,
        if(
            list_contains(unmanaged.reasons, 'not_installed'),
            'install it there and let only chosen profiles or permission sets use it (Manage App Policies)',
            'have it approved and name it in the policy (approved_apps)'
        )
    ) as remediation,
    cast(null as decimal(18, 2)) as annual_cost,
    evaluated.snapshot_at,
    unmanaged.app_name,
    unmanaged.app_id,
    unmanaged.reasons,
    unmanaged.token_count,
    unmanaged.user_count,
    unmanaged.last_used_at
from unmanaged
inner join {{ ref('int_coverage') }} as evaluated
    on evaluated.finding_type = 'unmanaged_app' and evaluated.status <> 'not_evaluated'
where unmanaged.reasons <> []
