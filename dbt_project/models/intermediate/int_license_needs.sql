-- Which permission sets, and aggregated sets of groups, need which permission set license.
select
    sets.permission_set_id15,
    sets.license_id15 as permission_set_license_id15
from {{ ref('stg_salesforce__permission_sets') }} as sets
where sets.license_id15 is not null
union
select
    aggregated.permission_set_id15,
    members.license_id15
from {{ ref('stg_salesforce__permission_sets') }} as aggregated
inner join {{ ref('stg_salesforce__permission_set_group_components') }} as components
    on aggregated.permission_set_group_id15 = components.permission_set_group_id15
inner join {{ ref('stg_salesforce__permission_sets') }} as members
    on components.permission_set_id15 = members.permission_set_id15
where members.license_id15 is not null
union
-- A set that is tied to no license may need one all the same: for what it grants.
select
    sets.permission_set_id15,
    offered.permission_set_license_id15
from {{ ref('stg_salesforce__permission_sets') }} as sets
inner join {{ ref('stg_salesforce__permission_set_permissions') }} as granted
    on sets.permission_set_id15 = granted.permission_set_id15
inner join {{ ref('stg_salesforce__permission_set_license_permissions') }} as offered
    on granted.permission = offered.permission
where sets.license_id15 is null
