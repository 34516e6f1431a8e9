{{ config(materialized='view') }}
-- What the org sends and none of our lists has: coverage names it where a finding type reads the field.
select
    'LoginHistory' as object,
    'LoginType' as field,
    'Login types that are not known: ' || string_agg(distinct login_type, ', ' order by login_type)
    || '. Such logins count neither as a person''s nor as a machine''s.' as note
from {{ ref('int_login_kinds') }}
where not is_type_known and trim(login_type) <> ''
having count(*) > 0
union all
select
    'LoginHistory',
    'LoginType',
    'Login sub-types that are not known: '
    || string_agg(distinct login_sub_type, ', ' order by login_sub_type)
    || '. Such logins count as others of their login type do.'
from {{ ref('int_login_kinds') }}
where not is_sub_type_known
having count(*) > 0
union all
select
    'AuthSession',
    'SessionType',
    'Session types that are not known: '
    || string_agg(distinct sessions.session_type, ', ' order by sessions.session_type)
    || '. Such sessions do not count as in a browser.'
from {{ ref('stg_salesforce__auth_sessions') }} as sessions
left join {{ ref('session_types') }} as known on lower(sessions.session_type) = lower(known.session_type)
where known.session_type is null and trim(sessions.session_type) <> ''
having count(*) > 0
union all
select
    'User',
    'UserType',
    'User types that are not known: ' || string_agg(distinct users.user_type, ', ' order by users.user_type)
    || '. Such users do not count as Salesforce''s own.'
from {{ ref('stg_salesforce__users') }} as users
left join {{ ref('user_types') }} as known on lower(users.user_type) = lower(known.user_type)
where known.user_type is null and trim(users.user_type) <> ''
having count(*) > 0
union all
select
    'UserLicense',
    'Name',
    'Licenses that are not known: ' || string_agg(distinct license_name, ', ' order by license_name)
    || '. They count neither as free nor as a full or platform license.'
from {{ ref('int_accounts') }}
where is_active and not is_system and license_category = 'other'
having count(*) > 0
union all
select
    'UserLicense',
    'Status',
    'Statuses of user licenses that are not known: ' || string_agg(distinct status, ', ' order by status)
    || '. Such licenses do not count as active.'
from {{ ref('stg_salesforce__user_licenses') }}
where status not in ('Active', 'Disabled') and trim(status) <> ''
having count(*) > 0
union all
select
    'PermissionSetLicense',
    'Status',
    'Statuses of permission set licenses that are not known: ' || string_agg(distinct status, ', ' order by status)
    || '. Such licenses do not count as active.'
from {{ ref('stg_salesforce__permission_set_licenses') }}
where status not in ('Active', 'Disabled') and trim(status) <> ''
having count(*) > 0
