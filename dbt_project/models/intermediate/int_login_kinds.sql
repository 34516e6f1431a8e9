-- Each pair of labels that the org's logins have, with its kind: the list is searched once a pair, not once a login.
with labels as (
    select distinct
        login_type,
        login_sub_type,
        nullif({{ letters_and_digits('login_type') }}, '') as type_key,
        nullif({{ letters_and_digits('login_sub_type') }}, '') as sub_type_key
    from {{ ref('stg_salesforce__login_history') }}
),

known as (
    select distinct
        nullif({{ letters_and_digits('login_type') }}, '') as type_key,
        nullif({{ letters_and_digits('login_sub_type') }}, '') as sub_type_key,
        kind
    from {{ ref('login_kinds') }}
)

select
    labels.login_type,
    labels.login_sub_type,
    coalesce(exact.kind, if(broad.kind = 'interactive', of_any_type.kind, null), broad.kind, 'other') as kind,
    broad.type_key is not null as is_type_known,
    labels.sub_type_key is null or of_any_type.sub_type_key is not null as is_sub_type_known
from labels
left join known as exact on labels.type_key = exact.type_key and labels.sub_type_key = exact.sub_type_key
left join known as broad on labels.type_key = broad.type_key and broad.sub_type_key is null
left join known as of_any_type on of_any_type.type_key is null and labels.sub_type_key = of_any_type.sub_type_key
