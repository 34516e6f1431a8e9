with frozen as (
    select
        user_id15,
        bool_or(is_frozen) as is_frozen
    from {{ ref('stg_salesforce__user_logins') }}
    group by user_id15
)

select
    users.user_id,
    users.user_id15,
    users.username,
    users.name,
    users.alias,
    users.is_active,
    users.created_at,
    users.last_login_at,
    users.profile_id15,
    profiles.name as profile_name,
    licenses.license_id15,
    licenses.license_key,
    licenses.license_name,
    licenses.category as license_category,
    licenses.is_free as is_license_free,
    licenses.is_integration as is_license_integration,
    licenses.unit_price as license_price,
    licenses.price_source as license_price_source,
    -- A profile or field that the reader may not see is a gap in coverage; no profile at all is Salesforce's own user.
    (users.profile_id15 is null and not coalesce(list_contains(user_rows.missing_fields, 'ProfileId'), false))
    or coalesce(types.is_system, false)
    or coalesce(licenses.is_system, false) as is_system,
    if(user_logins.status = 'read', coalesce(frozen.is_frozen, false), frozen.is_frozen) as is_frozen
from {{ ref('stg_salesforce__users') }} as users
left join {{ ref('stg_salesforce__profiles') }} as profiles on users.profile_id15 = profiles.profile_id15
left join {{ ref('int_licenses') }} as licenses on profiles.user_license_id15 = licenses.license_id15
left join {{ ref('user_types') }} as types on lower(users.user_type) = lower(types.user_type)
left join frozen on users.user_id15 = frozen.user_id15
left join {{ ref('stg_salesforce__extractions') }} as user_rows on user_rows.object = 'User'
left join {{ ref('stg_salesforce__extractions') }} as user_logins on user_logins.object = 'UserLogin'
