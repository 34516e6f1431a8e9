{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns',
        pre_hook="{% if is_incremental() %}
            delete from {{ this }} where snapshot_date = (select snapshot_date from {{ ref('int_snapshot') }})
        {% endif %}"
    )
}}
-- The memory: what each snapshot found and what it could not see. A row a finding, and one a type without any, so
-- that both are replaced in one transaction when a date is run again.
with waived as (
    select
        matches.finding_id,
        max(matches.ends_at) as waived_until
    from {{ ref('int_waiver_matches') }} as matches
    cross join {{ ref('int_snapshot') }} as snapshot
    where matches.ends_at > snapshot.snapshot_at
    group by matches.finding_id
)

select
    snapshot.snapshot_date,
    snapshot.snapshot_at,
    coverage.finding_type,
    coverage.status as coverage_status,
    findings.* exclude (finding_type, snapshot_at),
    if(findings.annual_cost is null, null, snapshot.currency) as currency,
    waived.waived_until
from {{ ref('int_coverage') }} as coverage
cross join {{ ref('int_snapshot') }} as snapshot
left join {{ ref('int_findings') }} as findings on coverage.finding_type = findings.finding_type
left join waived on findings.finding_id = waived.finding_id
