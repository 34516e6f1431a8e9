select
    users.user_id,
    users.username,
    users.name,
    nullif(people.email, '') as email,
    case
        when users.is_integration_user then 'integration'
        when users.is_system then 'system'
        when users.confidence = 'possible' then 'to_be_confirmed'
        else 'person'
    end as kind,
    users.is_active,
    users.is_frozen,
    managers.username as manager_username,
    users.profile_name,
    users.license_key,
    users.license_name,
    cast(users.license_price as decimal(18, 2)) as license_annual_price,
    if(users.license_price is null, null, snapshot.currency) as currency,
    users.created_at,
    users.last_login_at,
    users.last_activity_at,
    snapshot.snapshot_at
from {{ ref('int_users') }} as users
cross join {{ ref('int_snapshot') }} as snapshot
inner join {{ ref('stg_salesforce__users') }} as people on users.user_id = people.user_id
left join {{ ref('stg_salesforce__users') }} as managers on people.manager_id15 = managers.user_id15
