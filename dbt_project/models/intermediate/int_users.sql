-- All that a finding asks about a user.
with token_activity as (
    select
        user_id15,
        max(last_used_at) as last_token_use_at
    from {{ ref('int_oauth_tokens') }}
    where not last_attempt_failed
    group by user_id15
),

controllers as (
    select distinct user_id15
    from {{ ref('int_permissions_in_force') }}
    where tier = 0
)

select
    accounts.*,
    coalesce(integration.is_integration_user, false) as is_integration_user,
    integration.confidence,
    integration.reasons,
    greatest(accounts.last_login_at, logins.last_successful_login_at, token_activity.last_token_use_at)
        as last_activity_at,
    -- A finding of an active user that controls the org weighs one step more.
    coalesce(accounts.is_active, false) and controllers.user_id15 is not null as raises_severity
from {{ ref('int_accounts') }} as accounts
left join {{ ref('int_integration_users') }} as integration on accounts.user_id15 = integration.user_id15
left join {{ ref('int_login_activity') }} as logins on accounts.user_id15 = logins.user_id15
left join token_activity on accounts.user_id15 = token_activity.user_id15
left join controllers on accounts.user_id15 = controllers.user_id15
