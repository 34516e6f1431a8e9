{{ config(materialized='view') }}
-- What each finding type requires and this snapshot lacks: what it costs, what it means, and what to grant or do.
with needs as (
    select
        finding_type,
        unnest(requires, max_depth := 2)
    from {{ ref('int_finding_types') }}
),

-- Users that other objects name and User lacks. LoginHistory and AuthSession name users that nobody can see.
unseen_users as (
    select count(distinct named.user_id15) as users
    from (
        select user_id15 from {{ ref('stg_salesforce__oauth_tokens') }}
        union all
        select user_id15 from {{ ref('stg_salesforce__user_logins') }}
        union all
        select user_id15 from {{ ref('stg_salesforce__permission_set_assignments') }}
    ) as named
    left join {{ ref('stg_salesforce__users') }} as users on named.user_id15 = users.user_id15
    where users.user_id15 is null
),

unknown_profiles as (
    select count(*) as users
    from {{ ref('int_accounts') }}
    where is_active and not is_system and license_id15 is null
),

last_logins as (
    select
        max(logged_in_at) as last_login_at,
        max(logged_in_at) filter (status = 'Success') as last_success_at
    from {{ ref('stg_salesforce__login_history') }}
),

-- Statuses that Salesforce documents (Object Reference, UserLicense, PermissionSetLicense); null where none is given.
license_statuses as (
    select
        object,
        count_if(status in ('Active', 'Disabled')) as known
    from (
        select
            'UserLicense' as object,
            status
        from {{ ref('stg_salesforce__user_licenses') }}
        union all
        select
            'PermissionSetLicense',
            status
        from {{ ref('stg_salesforce__permission_set_licenses') }}
    )
    group by object
),

read_so_far as (
    select
        needs.*,
        extraction.remediation,
        extraction.reason,
        if(
            needs.object = 'User' and extraction.status = 'read' and unseen_users.users > 0,
            'short',
            coalesce(extraction.status, 'failed')
        ) as status,
        list_intersect(needs.fields, extraction.missing_fields) as lost_fields,
        extraction.count_before,
        extraction.count_after,
        extraction.rows as rows_read,
        extraction.known_since,
        snapshot.snapshot_at - to_hours(24 * coalesce(try_cast(needs.history as integer), snapshot.login_window_days))
            as history_from,
        -- An org has no logins from before it was made.
        extraction.known_since > greatest(history_from, snapshot.org_created_at) as is_history_short
    from needs
    cross join {{ ref('int_snapshot') }} as snapshot
    cross join unseen_users
    left join {{ ref('stg_salesforce__extractions') }} as extraction on needs.object = extraction.object
),

profiles as (
    select count(*) = 2 as are_read
    from {{ ref('stg_salesforce__extractions') }}
    where
        object in ('Profile', 'UserLicense')
        and status = 'read'
        and not list_contains(missing_fields, 'UserLicenseId')
),

-- Manage Users shows freeze states as well.
users_remediation as (
    select
        if(
            status in ('read', 'short'),
            'View All Users',
            'View All Users (or Manage Users, which shows frozen users too)'
        ) as remediation
    from {{ ref('stg_salesforce__extractions') }}
    where object = 'UserLogin'
)

select
    finding_type,
    missing as effect,
    case status
        when 'own_rows' then object || ' shows the reader''s own rows alone'
        else object || ' could not be read'
    end as what,
    gap,
    remediation
from read_so_far
where status not in ('read', 'short')
union all
select
    finding_type,
    missing,
    list_aggregate(list_transform(list_sort(lost_fields), lambda field: object || '.' || field), 'string_agg', ', ')
    || ' could not be read',
    gap,
    'Field-Level Security that shows the fields'
from read_so_far
where status in ('read', 'short') and len(lost_fields) > 0
union all
select
    finding_type,
    coalesce(short, 'partial'),
    if(
        reason is not null
        and (
            count_before is null
            or count_after is null
            or rows_read between least(count_before, count_after) and greatest(count_before, count_after)
        ),
        object || ' is not whole: ' || reason,
        concat(
            object, ' is not whole: ', rows_read, ' rows were read where the org counts ',
            least(count_before, count_after), ' to ', greatest(count_before, count_after)
        )
    ),
    gap,
    remediation
from read_so_far
where status = 'short' and object <> 'User' and short is distinct from 'evaluated'
union all
select
    read_so_far.finding_type,
    coalesce(read_so_far.short, 'partial'),
    concat_ws(
        '; ',
        'User is not whole',
        if(
            unseen_users.users > 0,
            format(
                'OauthToken, UserLogin or PermissionSetAssignment name {} that it lacks',
                {{ counted('unseen_users.users', 'user') }}
            ),
            null
        ),
        read_so_far.reason
    ),
    read_so_far.gap,
    coalesce(users_remediation.remediation, 'View All Users')
from read_so_far
cross join unseen_users
left join users_remediation on true
where
    read_so_far.object = 'User'
    and read_so_far.status = 'short'
    and read_so_far.short is distinct from 'evaluated'
union all
select
    finding_type,
    'partial',
    'Logins are known only since ' || strftime(known_since at time zone 'UTC', '%Y-%m-%d'),
    gap,
    'nothing but time: each run adds to the logins that are known'
from read_so_far
where status in ('read', 'short') and history is not null and is_history_short
union all
select
    read_so_far.finding_type,
    'partial',
    'No login since ' || strftime(read_so_far.history_from at time zone 'UTC', '%Y-%m-%d')
    || ' has the status Success: Status may be in another language',
    read_so_far.gap,
    'the language English, set for the audit user'
from read_so_far
cross join last_logins
where
    read_so_far.object = 'LoginHistory'
    and read_so_far.status in ('read', 'short')
    and list_contains(read_so_far.fields, 'Status')
    and last_logins.last_login_at > read_so_far.history_from
    and coalesce(last_logins.last_success_at <= read_so_far.history_from, true)
union all
select
    read_so_far.finding_type,
    'partial',
    'No status of ' || read_so_far.object || ' is Active or Disabled: Status may be in another language',
    read_so_far.gap,
    'the language English, set for the audit user'
from read_so_far
inner join license_statuses on read_so_far.object = license_statuses.object
where
    read_so_far.status in ('read', 'short')
    and list_contains(read_so_far.fields, 'Status')
    and license_statuses.known = 0
union all
select
    read_so_far.finding_type,
    'partial',
    format(
        'The profile or license of {} could not be read', {{ counted('unknown_profiles.users', 'active user') }}
    ),
    'they are judged by nothing that depends on it, so absence proves nothing',
    'View All Profiles, and View Setup and Configuration'
from read_so_far
cross join unknown_profiles
cross join profiles
where read_so_far.object = 'Profile' and profiles.are_read and unknown_profiles.users > 0
union all
-- Some orgs show no connected app at all, whatever is installed.
select
    finding_type,
    'partial',
    'ConnectedApplication is empty though there are tokens',
    'which apps are installed is unknown, so only apps that are not approved and Salesforce''s own clients are found',
    remediation
from read_so_far
where
    finding_type = 'unmanaged_app'
    and object = 'ConnectedApplication'
    and status = 'read'
    and not exists (select 1 from {{ ref('stg_salesforce__connected_applications') }})
    and exists (select 1 from {{ ref('stg_salesforce__oauth_tokens') }})
