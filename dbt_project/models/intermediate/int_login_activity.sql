-- The one pass over all logins: what the rules on integration users and last activity need of each user.
with logins as (
    select
        logins.user_id15,
        logins.logged_in_at,
        logins.browser,
        kinds.kind,
        logins.logged_in_at > snapshot.snapshot_at - to_hours(24 * 180) as is_recent
    from {{ ref('stg_salesforce__login_history') }} as logins
    cross join {{ ref('int_snapshot') }} as snapshot
    inner join {{ ref('int_login_kinds') }} as kinds
        on
            logins.login_type is not distinct from kinds.login_type
            and logins.login_sub_type is not distinct from kinds.login_sub_type
    where logins.status = 'Success'
)

select
    user_id15,
    max(logged_in_at) as last_successful_login_at,
    count_if(is_recent and kind = 'machine') as machine_logins,
    count_if(is_recent and kind = 'interactive') as interactive_logins,
    count_if(is_recent and kind = 'approval') as approval_logins,
    -- Java is what SOAP clients call themselves: 'Java (Salesforce.com)'.
    count_if(is_recent and kind = 'machine' and not coalesce(browser = 'Unknown' or browser like 'Java%', false))
        as machine_logins_with_browser,
    count(distinct cast(logged_in_at at time zone 'UTC' as date)) filter (is_recent and kind = 'machine')
        as machine_login_days
from logins
group by user_id15
