with sources as (
    -- That nothing needs a license can be said only where everything that may need one was read.
    select count(*) = 3 as are_whole
    from {{ ref('stg_salesforce__extractions') }}
    where
        object in ('PermissionSet', 'PermissionSetAssignment', 'PermissionSetGroupComponent')
        and status = 'read'
        and not list_contains(coalesce(missing_fields, []), 'LicenseId')
),

dormant as (
    select user_id from {{ ref('finding_inactive_user') }}
    union
    select user_id from {{ ref('finding_dormant_integration_user') }}
),

needed as (
    select distinct
        assignments.user_id15,
        needs.permission_set_license_id15
    from {{ ref('int_assignments_in_force') }} as assignments
    inner join {{ ref('int_license_needs') }} as needs
        on assignments.permission_set_id15 = needs.permission_set_id15
),

assigned as (
    select
        assigns.assignment_id,
        assigns.assignment_id15,
        licenses.license_name as psl_name,
        licenses.license_key as psl_key,
        licenses.unit_price,
        licenses.price_source,
        users.user_id,
        users.username,
        users.raises_severity,
        list_filter(
            [
                if(
                    sources.are_whole
                    and needed.user_id15 is null
                    and not exists (
                        select 1
                        from {{ ref('psl_exceptions') }} as exceptions
                        where
                            exceptions.psl_key in (licenses.license_key, licenses.developer_name)
                            and coalesce(exceptions.profile_name = users.profile_name, true)
                    ),
                    'not_needed',
                    null
                ),
                if(sources.are_whole and dormant.user_id is not null, 'user_dormant', null),
                if(not users.is_active, 'user_inactive', null)
            ],
            lambda reason: reason is not null
        ) as reasons
    from {{ ref('stg_salesforce__permission_set_license_assigns') }} as assigns
    cross join sources
    inner join {{ ref('int_users') }} as users on assigns.user_id15 = users.user_id15
    inner join {{ ref('int_licenses') }} as licenses on assigns.permission_set_license_id15 = licenses.license_id15
    left join needed
        on
            assigns.user_id15 = needed.user_id15
            and assigns.permission_set_license_id15 = needed.permission_set_license_id15
    left join dormant on users.user_id = dormant.user_id
    where assigns.is_revoked is distinct from true and not users.is_system
),

found as (
    select
        {{ finding_id('assigned.assignment_id15') }} as finding_id,
        evaluated.finding_type,
        if(assigned.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'permission_set_license_assignment' as subject_type,
        assigned.assignment_id as subject_id,
        assigned.psl_name as subject_name,
        assigned.user_id,
        assigned.username,
        cast(assigned.unit_price as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        assigned.psl_name,
        assigned.psl_key,
        assigned.reasons,
        assigned.price_source
    from assigned
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'psl_unused' and evaluated.status <> 'not_evaluated'
    where assigned.reasons <> []
)

select
    *,
    {{ sentences() }}
from found
