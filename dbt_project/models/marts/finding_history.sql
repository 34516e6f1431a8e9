-- What a wrong clock dated after the present snapshot does not count.
with observations as (
    select observations.*
    from {{ ref('int_observations') }} as observations
    cross join {{ ref('int_snapshot') }} as snapshot
    where observations.snapshot_at <= snapshot.snapshot_at
),

type_snapshots as (
    select distinct
        finding_type,
        snapshot_at,
        coverage_status
    from observations
),

-- Only a snapshot that saw all of a type may say that a finding is gone.
next_evaluated as (
    select
        finding_type,
        snapshot_at,
        min(if(coverage_status = 'evaluated', snapshot_at, null)) over (
            partition by finding_type
            order by snapshot_at
            rows between 1 following and unbounded following
        ) as next_evaluated_at
    from type_snapshots
),

seen as (
    select
        observations.*,
        min(observations.snapshot_at) over (partition by observations.finding_id) as first_seen,
        lead(observations.snapshot_at) over following as next_seen_at,
        lag(next_evaluated.next_evaluated_at) over following as next_evaluated_after_last_seen,
        next_evaluated.next_evaluated_at
    from observations
    inner join next_evaluated
        on
            observations.finding_type = next_evaluated.finding_type
            and observations.snapshot_at = next_evaluated.snapshot_at
    where observations.finding_id is not null
    window following as (partition by observations.finding_id order by observations.snapshot_at)
),

dated as (
    select
        *,
        snapshot_at as last_seen,
        -- It had been resolved in between.
        max(if(next_evaluated_after_last_seen < snapshot_at, snapshot_at, null)) over (
            partition by finding_id
            order by snapshot_at
        ) as reopened_at,
        if(next_seen_at is null or next_evaluated_at < next_seen_at, next_evaluated_at, null) as gone_at
    from seen
),

statuses as (
    select
        * exclude (waived_until),
        case
            when waived_until is not null then 'waived'
            when snapshot_at = first_seen then 'new'
            else 'open'
        end as status,
        cast(null as timestamptz) as resolved_at,
        waived_until
    from dated
    union all
    select
        * exclude (waived_until) replace (gone_at as snapshot_at),
        'resolved',
        gone_at,
        null
    from dated
    where gone_at is not null
)

select
    cast(statuses.snapshot_at at time zone 'UTC' as date) as snapshot_date,
    statuses.finding_id,
    snapshot.org,
    statuses.finding_type,
    statuses.severity,
    statuses.status,
    statuses.subject_type,
    statuses.subject_id,
    statuses.subject_name,
    statuses.user_id,
    statuses.username,
    statuses.summary,
    statuses.detail,
    statuses.evidence,
    statuses.remediation,
    statuses.own_steps,
    statuses.annual_cost,
    statuses.currency,
    statuses.price_source,
    statuses.first_seen,
    statuses.last_seen,
    statuses.reopened_at,
    statuses.resolved_at,
    statuses.waived_until,
    statuses.snapshot_at
from statuses
cross join {{ ref('int_snapshot') }} as snapshot
