-- The names of one client program are one application, listed under the first of those seen.
with clients as (
    select
        logins.user_id15,
        coalesce(aliases.client, logins.application) as program,
        min(logins.application) as application
    from {{ ref('int_integration_logins') }} as logins
    left join {{ ref('client_aliases') }} as aliases
        on {{ letters_and_digits('logins.application') }} = {{ letters_and_digits('aliases.application') }}
    where logins.kind = 'machine' and logins.application not in ('N/A', 'Browser', '')
    group by logins.user_id15, program
),

applications as (
    select
        user_id15,
        list_sort(list(application)) as names
    from clients
    group by user_id15
),

origins as (
    select
        logins.user_id15,
        {{ sorted_set('networks.network', "logins.kind = 'interactive' and not networks.is_known") }} as networks,
        {{ sorted_set('logins.country') }} as countries
    from {{ ref('int_integration_logins') }} as logins
    left join {{ ref('int_networks') }} as networks on logins.source_ip = networks.source_ip
    group by logins.user_id15
),

by_user as (
    select
        origins.*,
        coalesce(applications.names, []) as applications
    from origins
    left join applications on origins.user_id15 = applications.user_id15
),

shared as (
    select
        by_user.*,
        list_filter(
            [
                if(len(by_user.applications) > snapshot.max_applications, 'applications', null),
                if(len(by_user.countries) > snapshot.max_countries, 'countries', null),
                if(len(by_user.networks) > snapshot.max_interactive_networks, 'networks', null)
            ],
            lambda reason: reason is not null
        ) as reasons
    from by_user
    cross join {{ ref('int_snapshot') }} as snapshot
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
        shared.reasons,
        shared.applications,
        shared.networks,
        shared.countries
    from shared
    inner join {{ ref('int_users') }} as users on shared.user_id15 = users.user_id15
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'shared_integration_credentials' and evaluated.status <> 'not_evaluated'
    where shared.reasons <> []
)

select
    *,
    {{ sentences() }}
from found
