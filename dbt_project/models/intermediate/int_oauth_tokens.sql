with numbered as (
    select
        tokens.*,
        count(*) over (partition by tokens.token_id15) as rows_with_this_id,
        -- The n-th stalest of equals keeps its key when others of them are used; no name and an empty one are equal.
        row_number() over (
            partition by tokens.user_id15, coalesce(tokens.app_name, ''), tokens.created_at
            order by tokens.last_used_at nulls last, tokens.use_count, tokens.token_id
        ) as place
    from {{ ref('stg_salesforce__oauth_tokens') }} as tokens
),

installed as (
    select
        connected_application_id as app_id,
        connected_application_id15 as app_id15,
        name
    from {{ ref('stg_salesforce__connected_applications') }}
    union all
    select
        external_client_application_id,
        external_client_application_id15,
        label
    from {{ ref('stg_salesforce__external_client_applications') }}
)

select
    case
        when numbered.token_id is not null and numbered.rows_with_this_id = 1 then numbered.token_id
        else sha256(
            concat_ws(
                '|',
                coalesce(numbered.user_id, ''),
                coalesce(numbered.app_name, ''),
                coalesce(strftime(numbered.created_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ'), ''),
                numbered.place
            )
        )
    end as token_key,
    numbered.user_id,
    numbered.user_id15,
    numbered.app_name,
    -- A menu item may hold the id with 15 characters; the installed app has all 18.
    coalesce(installed.app_id, menu.app_id) as app_id,
    -- The app itself: by the menu item's id, else the installed app of that name.
    coalesce(menu.app_id15, names.installed_app_id15) as known_app_id15,
    if(menu.app_id15 is null, names.installed_app_id, installed.app_id) as installed_app_id,
    if(menu.app_id15 is null, names.installed_app_name, installed.name) as installed_app_name,
    names.name_key as app_name_key,
    coalesce(names.is_salesforce_client, false) as is_salesforce_client,
    numbered.created_at,
    numbered.last_used_at,
    numbered.use_count,
    failed.user_id15 is not null as last_attempt_failed
from numbered
left join {{ ref('stg_salesforce__app_menu_items') }} as menu
    on numbered.app_menu_item_id15 = menu.app_menu_item_id15
left join installed on menu.app_id15 = installed.app_id15
left join {{ ref('int_app_names') }} as names on numbered.app_name = names.app_name
left join {{ ref('int_failed_attempts') }} as failed
    on
        numbered.user_id15 = failed.user_id15
        and {{ letters_and_digits('numbered.app_name') }} = failed.app_key
        and cast(numbered.last_used_at at time zone 'UTC' as date) = failed.attempted_on
