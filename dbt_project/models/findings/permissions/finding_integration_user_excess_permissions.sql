with by_user as (
    select
        user_id15,
        {{ sorted_set('permission') }} as permissions,
        list_sort(list(distinct struct_pack(permission := permission, kind := kind, name := name))) as granted_through
    from {{ ref('int_unjustified_permissions') }}
    group by user_id15
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
    format(
        '{} holds {}{} without a justification',
        users.username,
        list_aggregate(by_user.permissions[:5], 'string_agg', ', '),
        if(
            len(by_user.permissions) > 5,
            concat(' and ', {{ counted('len(by_user.permissions) - 5', 'more powerful permission') }}),
            ''
        )
    ) as summary,
    format(
        'Audit which of these permissions {0} uses, and remove the rest (Setup > Users > {0} > View Summary): they '
        'come from {1}{2}. Justify what has to stay in the policy (justified_permissions), with an owner and an end',
        users.username,
        list_aggregate(
            list_sort(list_distinct(list_transform(
                by_user.granted_through,
                lambda way: format(
                    'the {} {}', if(way.kind = 'group', 'permission set group', replace(way.kind, '_', ' ')), way.name
                )
            ))),
            'string_agg',
            ', '
        ),
        if(
            list_contains(list_transform(by_user.granted_through, lambda way: way.kind), 'profile'),
            ' (a standard profile cannot be cut down: give the user another)',
            ''
        )
    ) as remediation,
    cast(null as decimal(18, 2)) as annual_cost,
    evaluated.snapshot_at,
    by_user.permissions,
    by_user.granted_through
from by_user
inner join {{ ref('int_users') }} as users on by_user.user_id15 = users.user_id15
inner join {{ ref('int_coverage') }} as evaluated
    on evaluated.finding_type = 'integration_user_excess_permissions' and evaluated.status <> 'not_evaluated'
