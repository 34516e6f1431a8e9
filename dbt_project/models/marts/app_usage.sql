-- Tokens and logins share no id of the app: a login is of the app whose tokens, or whose installed name, it names.
with token_apps as (
    select
        app_name_key,
        min(known_app_id15) as app_id15
    from {{ ref('int_oauth_tokens') }}
    group by app_name_key
),

tokens as (
    select
        user_id15,
        coalesce(known_app_id15, app_name_key) as app_key,
        app_name,
        installed_app_id as app_id,
        1 as tokens,
        last_used_at as token_last_used_at,
        use_count as token_uses,
        0 as logins,
        cast(null as timestamptz) as last_login_at
    from {{ ref('int_oauth_tokens') }}
),

logins as (
    select
        logins.user_id15,
        coalesce(any_value(token_apps.app_id15), any_value(names.installed_app_id15), any_value(names.name_key))
            as app_key,
        logins.application as app_name,
        any_value(names.installed_app_id) as app_id,
        0 as tokens,
        cast(null as timestamptz) as token_last_used_at,
        0 as token_uses,
        count(*) as logins,
        max(logins.logged_in_at) as last_login_at
    from {{ ref('stg_salesforce__login_history') }} as logins
    cross join {{ ref('int_snapshot') }} as snapshot
    inner join {{ ref('int_login_kinds') }} as kinds
        on
            logins.login_type is not distinct from kinds.login_type
            and logins.login_sub_type is not distinct from kinds.login_sub_type
    left join {{ ref('int_app_names') }} as names on logins.application = names.app_name
    left join token_apps on names.name_key = token_apps.app_name_key
    where
        kinds.kind = 'machine'
        and logins.status = 'Success'
        and logins.logged_in_at > snapshot.snapshot_at - to_hours(24 * 180)
        and lower(trim(logins.application)) not in ('', 'n/a', 'browser')
    group by logins.user_id15, logins.application
),

uses as (
    select * from tokens
    union all
    select * from logins
)

select
    coalesce(max(uses.app_name), '') as app_name,
    max(uses.app_id) as app_id,
    users.user_id,
    users.username,
    users.is_active,
    users.is_integration_user,
    cast(sum(uses.tokens) as bigint) as tokens,
    max(uses.token_last_used_at) as token_last_used_at,
    cast(sum(uses.token_uses) as bigint) as token_uses,
    cast(sum(uses.logins) as bigint) as logins,
    max(uses.last_login_at) as last_login_at,
    greatest(max(uses.token_last_used_at), max(uses.last_login_at)) as last_used_at,
    any_value(snapshot.snapshot_at) as snapshot_at
from uses
cross join {{ ref('int_snapshot') }} as snapshot
inner join {{ ref('int_users') }} as users on uses.user_id15 = users.user_id15
group by
    uses.app_key, users.user_id, users.username, users.is_active, users.is_integration_user
