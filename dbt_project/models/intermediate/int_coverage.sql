-- A type is worth as much as the worst of what it requires; every gap says what it costs and how to close it.
with
-- One sentence for all the gaps that cost the same.
sentences as (
    select
        finding_type,
        effect,
        gap,
        string_agg(distinct what, '; ' order by what) || ': ' || gap || '.' as sentence
    from {{ ref('int_coverage_gaps') }}
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

remediations as (
    select
        finding_type,
        string_agg(distinct remediation, '; ' order by remediation) as remediation
    from {{ ref('int_coverage_gaps') }}
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
needs as (
    select
        finding_type,
        unnest(requires, max_depth := 2)
    from {{ ref('int_finding_types') }}
),

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
    remediations.remediation,
    snapshot.snapshot_at,
    snapshot.org_id15,
    types.severity,
    types.raised_severity
from own_coverage
inner join {{ ref('int_finding_types') }} as types on own_coverage.finding_type = types.finding_type
cross join {{ ref('int_snapshot') }} as snapshot
left join remediations on own_coverage.finding_type = remediations.finding_type
left join followed on own_coverage.finding_type = followed.finding_type
left join notes on own_coverage.finding_type = notes.finding_type
left join clock on true
