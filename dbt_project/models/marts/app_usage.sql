-- Tokens and logins name an app by the same label; they share no id.
with tokens as (
    select
        user_id15,
        app_name,
        max(installed_app_id) as app_id,
        count(*) as tokens,
        max(last_used_at) as token_last_used_at,
        sum(use_count) as token_uses,
        0 as logins,
        cast(null as timestamptz) as last_login_at
    from {{ ref('int_oauth_tokens') }}
    group by user_id15, app_name
),

logins as (
    select
        logins.user_id15,
        logins.application as app_name,
        cast(null as varchar) as app_id,
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
    lower(trim(uses.app_name)), users.user_id, users.username, users.is_active, users.is_integration_user
