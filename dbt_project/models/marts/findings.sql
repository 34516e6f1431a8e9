with latest as (
    select *
    from {{ ref('finding_history') }}
    qualify row_number() over (partition by finding_id order by snapshot_at desc) = 1
)

select
    latest.finding_id,
    latest.org,
    latest.finding_type,
    latest.severity,
    case
        when latest.status = 'resolved' then 'resolved'
        -- Where the newest snapshot did not see its type: it is new no more, and a waiver ends.
        when latest.waived_until > snapshot.snapshot_at then 'waived'
        when latest.first_seen = snapshot.snapshot_at then 'new'
        else 'open'
    end as status,
    latest.subject_type,
    latest.subject_id,
    latest.subject_name,
    latest.user_id,
    latest.username,
    latest.summary,
    -- An earlier release kept none.
    coalesce(latest.detail, latest.summary) as detail,
    latest.evidence,
    coalesce(latest.remediation, types.remediation) as remediation,
    latest.own_steps,
    types.controls,
    types.who_acts,
    latest.annual_cost,
    latest.currency,
    latest.price_source,
    latest.first_seen,
    latest.last_seen,
    latest.reopened_at,
    latest.resolved_at,
    if(latest.waived_until > snapshot.snapshot_at, latest.waived_until, null) as waived_until,
    snapshot.snapshot_at
from latest
cross join {{ ref('int_snapshot') }} as snapshot
inner join {{ ref('int_finding_types') }} as types on latest.finding_type = types.finding_type
where latest.resolved_at is null or latest.resolved_at > snapshot.snapshot_at - to_hours(24 * 90)
