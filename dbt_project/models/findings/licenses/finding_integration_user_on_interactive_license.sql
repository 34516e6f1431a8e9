with free_seats as (
    select cast(coalesce(sum(greatest(total_seats - used_seats, 0)), 0) as bigint) as seats
    from {{ ref('int_licenses') }}
    where is_integration and status = 'Active'
)

select
    {{ finding_id('users.user_id15') }} as finding_id,
    evaluated.finding_type,
    if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
    'user' as subject_type,
    users.user_id as subject_id,
    users.name as subject_name,
    users.user_id,
    users.username,
    format('{} is a program on a {} licence, which is for people', users.username, users.license_name) as summary,
    format(
        'Setup > Users > {0} > Edit: move it to the licence Salesforce Integration ({1}) and the profile Minimum '
        'Access - API Only Integrations, then assign the permission set licence Salesforce API Integration and '
        'permission sets with what it needs',
        users.username,
        case
            when free_seats.seats = 0 then 'no seat is free'
            when free_seats.seats = 1 then '1 seat is free'
            else concat(free_seats.seats, ' seats are free')
        end
    ) as remediation,
    cast(users.license_price as decimal(18, 2)) as annual_cost,
    evaluated.snapshot_at,
    users.license_name,
    users.license_key,
    free_seats.seats as free_integration_seats,
    users.license_price_source as price_source
from {{ ref('int_users') }} as users
cross join free_seats
inner join {{ ref('int_coverage') }} as evaluated
    on evaluated.finding_type = 'integration_user_on_interactive_license' and evaluated.status <> 'not_evaluated'
where
    users.is_integration_user
    and users.is_active
    and users.license_category in ('full', 'platform')
