-- Each pair of labels that the org's logins have, with its kind: the map is looked up once a pair, not once a login.
with labels as (
    select distinct
        login_type,
        login_sub_type
    from {{ ref('stg_salesforce__login_history') }}
),

kinds as (
    select
        regexp_replace(lower(login_type), '[^a-z0-9]', '', 'g') as login_type,
        regexp_replace(lower(login_sub_type), '[^a-z0-9]', '', 'g') as login_sub_type,
        kind
    from {{ ref('login_kinds') }}
)

select
    labels.login_type,
    labels.login_sub_type,
    coalesce(max(exact.kind), max(broad.kind), 'other') as kind
from labels
left join kinds as exact
    on
        regexp_replace(lower(labels.login_type), '[^a-z0-9]', '', 'g') = exact.login_type
        and regexp_replace(lower(labels.login_sub_type), '[^a-z0-9]', '', 'g') = exact.login_sub_type
left join kinds as broad
    on
        regexp_replace(lower(labels.login_type), '[^a-z0-9]', '', 'g') = broad.login_type
        and broad.login_sub_type is null
group by labels.login_type, labels.login_sub_type
