with by_user as (
    select
        user_id15,
        {{ sorted_set('permission') }} as permissions,
        list_sort(list(distinct struct_pack(permission := permission, kind := kind, name := name))) as granted_through
    from {{ ref('int_unjustified_permissions') }}
    group by user_id15
),

found as (
    select
        {{ finding_id('users.user_id15') }} as finding_id,
        evaluated.finding_type,
        if(users.raises_severity, evaluated.raised_severity, evaluated.severity) as severity,
        'user' as subject_type,
        users.user_id as subject_id,
        users.name as subject_name,
        users.user_id,
        users.username,
        cast(null as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        by_user.permissions,
        by_user.granted_through
    from by_user
    inner join {{ ref('int_users') }} as users on by_user.user_id15 = users.user_id15
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'integration_user_excess_permissions' and evaluated.status <> 'not_evaluated'
)

select
    *,
    {{ sentences() }}
from found
