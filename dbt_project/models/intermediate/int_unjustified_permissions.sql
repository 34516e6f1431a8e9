-- Powerful permissions in force of active integration users that nobody answers for.
with justified as (
    select
        lower(trim(policy.username)) as username,
        lower(trim(policy.permission)) as permission
    from {{ ref('stg_policy__justified_permissions') }} as policy
    cross join {{ ref('int_snapshot') }} as snapshot
    where snapshot.snapshot_at < {{ end_of_day('policy.expires') }}
)

select permissions.*
from {{ ref('int_permissions_in_force') }} as permissions
inner join {{ ref('int_users') }} as users on permissions.user_id15 = users.user_id15
left join justified
    on lower(trim(users.username)) = justified.username and lower(permissions.permission) = justified.permission
where
    permissions.tier is not null
    and users.is_integration_user
    and users.is_active
    and justified.username is null
