with hints as (
    select distinct lower(trim(word)) as word
    from {{ ref('stg_policy__name_words') }}
),

words as (
    select
        user_id15,
        unnest({{ words("concat_ws(' ', split_part(username, '@', 1), name, alias)") }}) as word
    from {{ ref('int_accounts') }}
)

select
    words.user_id15,
    list_sort(list(distinct words.word)) as words
from words
inner join hints on words.word = hints.word
group by words.user_id15
