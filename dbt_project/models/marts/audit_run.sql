with earlier as (
    select max(snapshots.snapshot_at) as previous_at
    from {{ ref('snapshots') }} as snapshots
    inner join {{ ref('int_snapshot') }} as snapshot on snapshots.snapshot_date < snapshot.snapshot_date
),

extraction as (
    select sum(seconds) as seconds
    from {{ ref('stg_salesforce__extractions') }}
)

select
    seen.org,
    organizations.name as org_name,
    organizations.organization_id as org_id,
    organizations.organization_type as edition,
    organizations.is_sandbox,
    seen.instance_url,
    seen.snapshot_at,
    earlier.previous_at,
    seen.clock_source,
    seen.clock_skew_seconds,
    seen.reader_username,
    seen.api_version,
    seen.api_calls,
    extraction.seconds,
    seen.run_id,
    seen.evidence_folder,
    seen.manifest_sha256,
    to_json(thresholds) as thresholds
from {{ ref('stg_salesforce__snapshots') }} as seen
cross join earlier
cross join extraction
cross join {{ ref('stg_policy__thresholds') }} as thresholds  -- noqa: AL05
left join {{ ref('stg_salesforce__organizations') }} as organizations on true
