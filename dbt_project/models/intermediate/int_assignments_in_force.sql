-- Only the aggregated set of a group gives permissions, never its members: so muting is respected.
with aggregated as (
    select
        permission_set_group_id15,
        min(permission_set_id15) as permission_set_id15
    from {{ ref('stg_salesforce__permission_sets') }}
    where permission_set_group_id15 is not null
    group by permission_set_group_id15
),

assignments as (
    select
        assignments.*,
        if(
            assignments.permission_set_group_id15 is null,
            assignments.permission_set_id15,
            aggregated.permission_set_id15
        ) as giving_set_id15
    from {{ ref('stg_salesforce__permission_set_assignments') }} as assignments
    left join aggregated
        on assignments.permission_set_group_id15 = aggregated.permission_set_group_id15
)

select
    assignments.assignment_id,
    assignments.assignment_id15,
    assignments.user_id15,
    sets.permission_set_id15,
    sets.permission_set_group_id15,
    sets.license_id15,
    case
        when sets.is_owned_by_profile then 'profile'
        when sets.permission_set_group_id15 is not null then 'group'
        else 'permission_set'
    end as kind,
    -- The name and label of a profile's own set may be anything: its profile's name counts.
    case kind
        when 'profile' then profiles.name
        when 'group' then coalesce(groups.label, groups.developer_name, sets.label, sets.name)
        else coalesce(sets.label, sets.name)
    end as name,
    case kind when 'group' then coalesce(groups.developer_name, sets.name) else sets.name end as api_name,
    assignments.expires_at,
    assignments.modified_at
from assignments
cross join {{ ref('int_snapshot') }} as snapshot
inner join {{ ref('stg_salesforce__permission_sets') }} as sets
    on assignments.giving_set_id15 = sets.permission_set_id15
left join {{ ref('stg_salesforce__permission_set_groups') }} as groups
    on sets.permission_set_group_id15 = groups.permission_set_group_id15
left join {{ ref('stg_salesforce__profiles') }} as profiles on sets.profile_id15 = profiles.profile_id15
where
    assignments.is_active is distinct from false
    and assignments.is_revoked is distinct from true
    and (assignments.expires_at is null or assignments.expires_at > snapshot.snapshot_at)
    and sets.is_session_activated is distinct from true
    and groups.is_session_activated is distinct from true
