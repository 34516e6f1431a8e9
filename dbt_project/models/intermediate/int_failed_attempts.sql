-- A use of a token on such a day got nobody in: Salesforce moves LastUsedDate and UseCount for failed attempts, too
-- (help.salesforce.com, article 000205876). A day that is only partly known may hide a success.
with days as (
    select
        logins.user_id15,
        {{ letters_and_digits('logins.application') }} as app_key,
        cast(logins.logged_in_at at time zone 'UTC' as date) as attempted_on,
        bool_and(logins.status <> 'Success') as all_failed
    from {{ ref('stg_salesforce__login_history') }} as logins
    where logins.status is not null
    group by logins.user_id15, app_key, attempted_on
)

select
    days.user_id15,
    days.app_key,
    days.attempted_on
from days
inner join {{ ref('stg_salesforce__extractions') }} as extraction on extraction.object = 'LoginHistory'
where
    days.all_failed
    and days.app_key <> ''
    and extraction.status = 'read'
    and extraction.known_since <= timezone('UTC', cast(days.attempted_on as timestamp))
