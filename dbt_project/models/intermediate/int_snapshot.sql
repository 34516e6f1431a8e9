-- The one row that everything below is judged by: which org, its 'now', and the policy's thresholds.
select
    snapshot.org,
    coalesce(organizations.organization_id15, snapshot.org) as org_id15,
    snapshot.snapshot_at,
    cast(snapshot.snapshot_at at time zone 'UTC' as date) as snapshot_date,
    snapshot.clock_source,
    coalesce(organizations.is_sandbox, false) as is_sandbox,
    organizations.organization_type,
    organizations.created_at as org_created_at,
    currency.currency,
    thresholds.*
from {{ ref('stg_salesforce__snapshots') }} as snapshot
cross join {{ ref('stg_policy__thresholds') }} as thresholds
left join {{ ref('stg_policy__currencies') }} as currency on true
left join {{ ref('stg_salesforce__organizations') }} as organizations on true
