-- Orgs differ in hundreds of permissions: a row for each one granted, instead of a column for each one known.
select
    left(Id, 15) as permission_set_id15,
    regexp_replace(permission, '^Permissions', '') as permission
from (
    unpivot {{ source('salesforce', 'permission_set') }}
    on columns('^Permissions[A-Z]')
    into name permission value is_granted
)
where is_granted
