with seats as (
    select
        'user_license' as license_kind,
        user_license_id as license_id,
        user_license_id15 as license_id15,
        license_key,
        cast(null as varchar) as developer_name,
        coalesce(name, label, license_key) as license_name,
        status,
        total_seats,
        used_seats,
        cast(null as date) as expires_on,
        monthly_logins_entitlement,
        monthly_logins_used
    from {{ ref('stg_salesforce__user_licenses') }}
    union all
    select
        'permission_set_license',
        permission_set_license_id,
        permission_set_license_id15,
        coalesce(license_key, developer_name),
        developer_name,
        coalesce(label, developer_name, license_key),
        status,
        total_seats,
        used_seats,
        expires_on,
        null,
        null
    from {{ ref('stg_salesforce__permission_set_licenses') }}
),

-- Licenses that are paid by the logins of a month: their seats, some twenty a login, are no purchase (Object Reference,
-- UserLicense, MonthlyLoginsEntitlement). An org without Experience Cloud does not have that field.
licenses as (
    select
        *,
        monthly_logins_entitlement is not null
        or coalesce(ends_with(lower(license_key), '_login'), false)
        or coalesce(ends_with(lower(license_name), ' login'), false) as is_login_based
    from seats
),

-- By its name where the list has it, else by its key: some orgs may show the paid PID_CHATTER for Chatter Free.
categories as (
    select
        licenses.license_id15,
        known.category,
        known.is_free,
        -- Nobody can make a user license, so its name alone shows that it is Salesforce's own.
        bool_or(known.is_system) over (partition by licenses.license_id15) as is_system
    from licenses
    inner join {{ ref('license_categories') }} as known
        on
            lower(licenses.license_key) glob lower(known.license_key)
            or lower(licenses.license_name) = lower(known.license_name)
    where licenses.license_kind = 'user_license'
    qualify row_number() over (
        partition by licenses.license_id15
        order by
            known.license_name is null,
            length(known.license_key) desc
    ) = 1
),

prices as (
    select
        license_kind,
        license_key,
        annual_price,
        'policy' as source,
        0 as rank,
        null as valid_from,
        null as as_of
    from {{ ref('stg_policy__prices') }}
    union all
    select
        list.license_kind,
        list.license_key,
        list.annual_price,
        'list price of ' || list.valid_from || ': ' || list.source,
        if(list.organization_type is null, 2, 1),
        list.valid_from,
        list.as_of
    from {{ ref('list_prices') }} as list
    inner join {{ ref('int_snapshot') }} as snapshot
        on
            list.currency = snapshot.currency
            and list.valid_from <= snapshot.snapshot_date
            and (list.organization_type is null or list.organization_type = snapshot.organization_type)
),

prices_in_force as (
    select
        licenses.license_id15,
        prices.annual_price,
        prices.source,
        prices.as_of
    from licenses
    cross join {{ ref('int_snapshot') }} as snapshot
    inner join prices
        on
            licenses.license_kind = prices.license_kind
            and prices.license_key in (licenses.license_key, licenses.developer_name)
    where not snapshot.is_sandbox and not licenses.is_login_based
    -- The key of a managed package's license has a dot where its DeveloperName has an underscore: people copy either.
    qualify row_number() over (
        partition by licenses.license_id15
        order by
            prices.rank asc,
            prices.license_key is not distinct from licenses.license_key desc,
            prices.valid_from desc
    ) = 1
)

select
    licenses.*,
    coalesce(categories.category, 'other') as category,
    coalesce(categories.is_free, false) as is_free,
    coalesce(categories.is_system, false) as is_system,
    licenses.license_kind = 'user_license'
    and (
        licenses.license_key is not distinct from 'SALESFORCE_INTEGRATION_USER'
        or licenses.license_name is not distinct from 'Salesforce Integration'
    ) as is_integration,
    prices.annual_price as unit_price,
    prices.source as price_source,
    prices.as_of as list_price_as_of
from licenses
left join categories on licenses.license_id15 = categories.license_id15
left join prices_in_force as prices on licenses.license_id15 = prices.license_id15
