-- Each name of an app that tokens and logins have, with what it is compared by and the installed app of that name.
with labels as (
    select app_name from {{ ref('stg_salesforce__oauth_tokens') }}
    union
    select application from {{ ref('stg_salesforce__login_history') }}
),

names as (
    select
        app_name,
        {{ app_name_key('app_name') }} as name_key
    from labels
    where app_name is not null
),

installed as (
    select
        connected_application_id as app_id,
        connected_application_id15 as app_id15,
        name as installed_name,
        name
    from {{ ref('stg_salesforce__connected_applications') }}
    union all
    select
        external_client_application_id,
        external_client_application_id15,
        label as installed_name,
        label as name
    from {{ ref('stg_salesforce__external_client_applications') }}
    union all
    select
        external_client_application_id,
        external_client_application_id15,
        label,
        developer_name
    from {{ ref('stg_salesforce__external_client_applications') }}
),

clients as (
    select distinct {{ app_name_key('app_name') }} as name_key
    from {{ ref('salesforce_clients') }}
),

-- Of two apps that differ in case and signs alone, the one that has the name as it is.
installed_by_name as (
    select
        names.app_name,
        installed.app_id,
        installed.app_id15,
        installed.installed_name
    from names
    inner join installed on names.name_key = {{ app_name_key('installed.name') }}
    qualify
        row_number() over (
            partition by names.app_name
            order by installed.name = names.app_name desc, installed.app_id15 asc
        ) = 1
)

select
    names.app_name,
    names.name_key,
    installed_by_name.app_id as installed_app_id,
    installed_by_name.app_id15 as installed_app_id15,
    installed_by_name.installed_name as installed_app_name,
    clients.name_key is not null as is_salesforce_client
from names
left join installed_by_name on names.app_name = installed_by_name.app_name
left join clients on names.name_key = clients.name_key
