-- Every snapshot has a row for every finding type that there was: the previous one is the newest of an earlier date.
with previous as (
    select
        observations.finding_type,
        any_value(observations.coverage_status) as status
    from {{ ref('int_observations') }} as observations
    inner join {{ ref('int_snapshot') }} as snapshot on observations.snapshot_date < snapshot.snapshot_date
    group by observations.finding_type, observations.snapshot_date
    qualify dense_rank() over (order by observations.snapshot_date desc) = 1
)

select
    coverage.finding_type,
    coverage.status,
    coverage.reason,
    coverage.remediation,
    previous.status as previous_status,
    coverage.snapshot_at
from {{ ref('int_coverage') }} as coverage
left join previous on coverage.finding_type = previous.finding_type
