with assignments as (
    select
        assignments.*,
        least(assignments.modified_at, seen.first_seen_at) as assigned_at,
        list_has_any(
            {{ words_and_pairs('assignments.name') }} || {{ words_and_pairs('assignments.api_name') }},
            (select list(word) from {{ ref('temporary_words') }})
        ) as temporary_name
    from {{ ref('int_assignments_in_force') }} as assignments
    left join {{ ref('int_assignments_first_seen') }} as seen on assignments.assignment_id15 = seen.assignment_id15
    where assignments.kind <> 'profile' and assignments.expires_at is null
),

powerful as (
    select
        assignment_id15,
        {{ sorted_set('permission') }} as permissions
    from {{ ref('int_unjustified_permissions') }}
    group by assignment_id15
),

found as (
    select
        {{ finding_id('assignments.assignment_id15') }} as finding_id,
        evaluated.finding_type,
        if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'permission_set_assignment' as subject_type,
        assignments.assignment_id as subject_id,
        assignments.name as subject_name,
        users.user_id,
        users.username,
        cast(null as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        assignments.name as permission_set_name,
        assignments.assigned_at,
        coalesce(powerful.permissions, []) as permissions,
        assignments.temporary_name
    from assignments
    cross join {{ ref('int_snapshot') }} as snapshot
    inner join {{ ref('int_users') }} as users on assignments.user_id15 = users.user_id15
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'temporary_access_never_removed' and evaluated.status <> 'not_evaluated'
    left join powerful on assignments.assignment_id15 = powerful.assignment_id15
    where
        users.is_integration_user
        and users.is_active
        and assignments.assigned_at <= snapshot.snapshot_at - to_hours(24 * snapshot.temporary_access_days)
        and (powerful.assignment_id15 is not null or assignments.temporary_name)
)

select
    *,
    {{ sentences() }}
from found
