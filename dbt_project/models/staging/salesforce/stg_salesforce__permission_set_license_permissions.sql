select
    left(Id, 15) as permission_set_license_id15,
    regexp_replace(permission, '^MaximumPermissions', '') as permission
from (
    unpivot {{ source('salesforce', 'permission_set_license') }}
    on columns('^MaximumPermissions[A-Z]')
    into name permission value is_offered
)
where is_offered
