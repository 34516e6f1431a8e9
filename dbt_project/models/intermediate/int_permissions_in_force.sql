select
    assignments.user_id15,
    permissions.permission,
    powerful.tier,
    assignments.assignment_id15,
    assignments.kind,
    assignments.name
from {{ ref('int_assignments_in_force') }} as assignments
inner join {{ ref('stg_salesforce__permission_set_permissions') }} as permissions
    on assignments.permission_set_id15 = permissions.permission_set_id15
left join {{ ref('powerful_permissions') }} as powerful on permissions.permission = powerful.permission
where powerful.permission is not null or permissions.permission = 'ApiUserOnly'
