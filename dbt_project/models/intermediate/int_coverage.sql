-- A type is worth as much as the worst of what it requires; every gap says what it costs and what would cure it.
with needs as (
    select
        finding_type,
        unnest(requires, max_depth := 2)
    from {{ ref('int_finding_types') }}
),

read_so_far as (
    select
        needs.*,
        extraction.cure,
        coalesce(extraction.status, 'failed') as status,
        list_intersect(needs.fields, extraction.missing_fields) as lost_fields,
        extraction.count_before,
        extraction.count_after,
        extraction.rows as rows_read,
        extraction.known_since,
        -- An org has no logins from before it was made.
        extraction.known_since > greatest(
            snapshot.snapshot_at
            - to_hours(24 * coalesce(try_cast(needs.history as integer), snapshot.login_window_days)),
            snapshot.org_created_at
        ) as is_history_short
    from needs
    cross join {{ ref('int_snapshot') }} as snapshot
    left join {{ source('salesforce', 'extraction') }} as extraction on needs.object = extraction.object
),

unknown_profiles as (
    select count(*) as users
    from {{ ref('int_accounts') }}
    where is_active and not is_system and license_id15 is null
),

gaps as (
    select
        finding_type,
        missing as effect,
        case status
            when 'own_rows' then object || ' shows the reader''s own rows alone'
            else object || ' could not be read'
        end as what,
        gap,
        cure
    from read_so_far
    where status not in ('read', 'short')
    union all
    select
        finding_type,
        missing,
        list_aggregate(list_transform(list_sort(lost_fields), lambda field: object || '.' || field), 'string_agg', ', ')
        || ' could not be read',
        gap,
        coalesce(cure, 'Field-Level Security that shows the fields')
    from read_so_far
    where status in ('read', 'short') and len(lost_fields) > 0
    union all
    select
        finding_type,
        coalesce(short, 'partial'),
        concat(
            object, ' is not whole: ', rows_read, ' rows were read where the org counts ',
            least(count_before, count_after), ' to ', greatest(count_before, count_after)
        ),
        gap,
        cure
    from read_so_far
    where status = 'short'
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
        format(
            'The profile or licence of {} could not be read', {{ counted('unknown_profiles.users', 'active user') }}
        ),
        'they are judged by nothing that depends on it, so absence proves nothing',
        'View All Profiles, and View Setup and Configuration'
    from read_so_far
    cross join unknown_profiles
    where read_so_far.object = 'Profile' and read_so_far.status = 'read' and unknown_profiles.users > 0
    union all
    -- Some orgs show no connected app at all, whatever is installed.
    select
        read_so_far.finding_type,
        'partial',
        'ConnectedApplication is empty though there are tokens',
        'which apps are installed is unknown, so only apps that are not approved and clients of Salesforce''s own '
        'are found',
        read_so_far.cure
    from read_so_far
    where
        read_so_far.finding_type = 'unmanaged_app'
        and read_so_far.object = 'ConnectedApplication'
        and read_so_far.status = 'read'
        and not exists (select 1 from {{ ref('stg_salesforce__connected_applications') }})
        and exists (select 1 from {{ ref('stg_salesforce__oauth_tokens') }})
),

-- One sentence for all the gaps that cost the same.
sentences as (
    select
        finding_type,
        effect,
        gap,
        string_agg(distinct what, '; ' order by what) || ': ' || gap || '.' as sentence
    from gaps
    group by finding_type, effect, gap
),

own_coverage as (
    select
        types.finding_type,
        types.follows,
        case
            when bool_or(sentences.effect = 'not_evaluated') then 'not_evaluated'
            when count(sentences.effect) > 0 then 'partial'
            else 'evaluated'
        end as status,
        string_agg(sentences.sentence, ' ' order by sentences.effect, sentences.sentence) as reason
    from {{ ref('int_finding_types') }} as types
    left join sentences on types.finding_type = sentences.finding_type
    group by types.finding_type, types.follows
),

cures as (
    select
        finding_type,
        string_agg(distinct cure, '; ' order by cure) as cure
    from gaps
    group by finding_type
),

-- A type that takes its rows from others is no better than they are.
followed as (
    select
        follower.finding_type,
        string_agg(
            format('{} is {}: {}.', leader.finding_type, replace(leader.status, '_', ' '), follower.link.gap),
            ' ' order by leader.finding_type
        ) as reason
    from (
        select
            finding_type,
            unnest(follows) as link
        from own_coverage
    ) as follower
    inner join own_coverage as leader
        on follower.link.finding_type = leader.finding_type and list_contains(follower.link.statuses, leader.status)
    group by follower.finding_type
),

-- What costs nothing but should be known.
notes as (
    select
        needs.finding_type,
        string_agg(distinct unknown.note, ' ' order by unknown.note) as note
    from needs
    inner join {{ ref('int_unknown_values') }} as unknown
        on needs.object = unknown.object and list_contains(needs.fields, unknown.field)
    group by needs.finding_type
),

clock as (
    select 'The org did not tell its time: this machine''s clock was used.' as note
    from {{ ref('int_snapshot') }}
    where clock_source <> 'org'
)

select
    own_coverage.finding_type,
    if(own_coverage.status = 'evaluated' and followed.reason is not null, 'partial', own_coverage.status) as status,
    nullif(concat_ws(' ', own_coverage.reason, followed.reason, notes.note, clock.note), '') as reason,
    cures.cure,
    snapshot.snapshot_at,
    snapshot.org_id15,
    types.severity,
    types.raised_severity
from own_coverage
inner join {{ ref('int_finding_types') }} as types on own_coverage.finding_type = types.finding_type
cross join {{ ref('int_snapshot') }} as snapshot
left join cures on own_coverage.finding_type = cures.finding_type
left join followed on own_coverage.finding_type = followed.finding_type
left join notes on own_coverage.finding_type = notes.finding_type
left join clock on true
