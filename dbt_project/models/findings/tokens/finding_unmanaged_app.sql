with approved as (
    select distinct tokens.token_key
    from {{ ref('int_oauth_tokens') }} as tokens
    inner join {{ ref('stg_policy__approved_apps') }} as policy
        on {{ is_app('policy.app', 'tokens') }}
),

tokens as (
    select
        tokens.*,
        coalesce(tokens.known_app_id15, tokens.app_name_key, 'unnamed') as app_key,
        count(*) over (partition by app_key, tokens.app_name) as tokens_spelled_so,
        approved.token_key is not null as is_approved
    from {{ ref('int_oauth_tokens') }} as tokens
    left join {{ ref('int_users') }} as users on tokens.user_id15 = users.user_id15
    left join approved on tokens.token_key = approved.token_key
    where users.is_system is distinct from true
),

apps as (
    select
        app_key,
        coalesce(
            min(installed_app_name),
            -- The spelling that most tokens have; the first of those that equally many have.
            (min(struct_pack(rarity := -tokens_spelled_so, name := app_name)) filter (trim(app_name) <> '')).name,
            'unnamed'
        ) as app_name,
        coalesce(min(installed_app_id), max(app_id)) as app_id,
        cast(count(*) as integer) as token_count,
        cast(count(distinct user_id15) as integer) as user_count,
        max(last_used_at) as last_used_at,
        bool_or(installed_app_id is not null) as is_installed,
        bool_or(is_salesforce_client) as is_salesforce_client,
        bool_or(is_approved) as is_approved
    from tokens
    group by app_key
),

known as (
    select
        -- Where the installed apps are not all known, nobody can say that one is missing.
        (
            select count(*) = 2
            from {{ ref('stg_salesforce__extractions') }}
            where
                object in ('ConnectedApplication', 'ExternalClientApplication')
                and status = 'read'
                and not list_has_any(coalesce(missing_fields, []), ['Name', 'DeveloperName', 'MasterLabel'])
        ) as has_read_installed,
        (select count(*) > 0 from {{ ref('stg_salesforce__connected_applications') }}) as has_connected,
        (select count(*) > 0 from {{ ref('stg_policy__approved_apps') }}) as knows_approved
),

unmanaged as (
    select
        apps.*,
        list_filter(
            [
                if(known.knows_approved and not apps.is_approved, 'not_approved', null),
                if(
                    known.has_read_installed and known.has_connected and not apps.is_installed
                    and not apps.is_salesforce_client,
                    'not_installed',
                    null
                ),
                -- Salesforce's own clients are installed nowhere.
                if(
                    known.has_read_installed
                    and apps.is_salesforce_client
                    and not apps.is_installed
                    and not apps.is_approved,
                    'salesforce_client',
                    null
                )
            ],
            lambda reason: reason is not null
        ) as reasons
    from apps
    cross join known
),

found as (
    select
        {{ finding_id('unmanaged.app_key') }} as finding_id,
        evaluated.finding_type,
        if(unmanaged.reasons = ['salesforce_client'], 'low', evaluated.severity) as severity,
        'app' as subject_type,
        coalesce(unmanaged.app_id, unmanaged.app_name) as subject_id,
        unmanaged.app_name as subject_name,
        cast(null as varchar) as user_id,
        cast(null as varchar) as username,
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
)

select
    *,
    {{ sentences() }}
from found
