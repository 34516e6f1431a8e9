-- A waiver meets findings, a justified permission the user who holds it; what was not seen may be met all the same.
with waivers as (
    select
        'waiver' as kind,
        policy.finding_type as what,
        policy.subject,
        policy.reason,
        policy.owner,
        policy.expires,
        coverage.status = 'evaluated' as is_seen_whole,
        count(distinct matches.finding_id) as met
    from {{ ref('stg_policy__waivers') }} as policy
    inner join {{ ref('int_coverage') }} as coverage on policy.finding_type = coverage.finding_type
    left join {{ ref('int_waiver_matches') }} as matches
        on policy.finding_type = matches.finding_type and policy.subject = matches.subject
    group by all
),

permissions_read as (
    select count(*) = 2 as are_whole
    from {{ ref('stg_salesforce__extractions') }}
    where object in ('PermissionSet', 'PermissionSetAssignment') and status = 'read'
),

holders as (
    select distinct
        lower(trim(users.username)) as username,
        lower(permissions.permission) as permission,
        users.user_id15
    from {{ ref('int_permissions_in_force') }} as permissions
    inner join {{ ref('int_users') }} as users on permissions.user_id15 = users.user_id15
),

justifications as (
    select
        'justification' as kind,
        policy.permission as what,
        policy.username as subject,
        policy.reason,
        policy.owner,
        policy.expires,
        permissions_read.are_whole as is_seen_whole,
        count(distinct holders.user_id15) as met
    from {{ ref('stg_policy__justified_permissions') }} as policy
    cross join permissions_read
    left join holders
        on lower(trim(policy.username)) = holders.username and lower(trim(policy.permission)) = holders.permission
    group by all
)

select
    exemptions.* exclude (is_seen_whole, met),
    if(exemptions.is_seen_whole or exemptions.met > 0, exemptions.met, null) as covers,
    snapshot.snapshot_at >= {{ end_of_day('exemptions.expires') }} as expired,
    snapshot.snapshot_at
from (
    select * from waivers
    union all
    select * from justifications
) as exemptions
cross join {{ ref('int_snapshot') }} as snapshot
