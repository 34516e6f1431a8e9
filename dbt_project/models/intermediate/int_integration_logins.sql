-- What the findings about integration users' logins look at: the successful ones of the login window.
select
    users.user_id15,
    logins.logged_in_at,
    logins.login_type,
    logins.login_sub_type,
    kinds.kind,
    logins.application,
    logins.browser,
    logins.source_ip,
    logins.country
from {{ ref('stg_salesforce__login_history') }} as logins
cross join {{ ref('int_snapshot') }} as snapshot
inner join {{ ref('int_users') }} as users on logins.user_id15 = users.user_id15
inner join {{ ref('int_login_kinds') }} as kinds
    on
        logins.login_type is not distinct from kinds.login_type
        and logins.login_sub_type is not distinct from kinds.login_sub_type
where
    logins.status = 'Success'
    and logins.logged_in_at > snapshot.snapshot_at - to_hours(24 * snapshot.login_window_days)
    and users.is_integration_user
    and users.is_active
