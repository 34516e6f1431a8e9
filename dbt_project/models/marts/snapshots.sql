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
with extraction as (
    select
        sum(seconds) as seconds,
        json_group_object(object, rows) as rows_by_object,
        json_group_object(object, status) as status_by_object
    from {{ ref('stg_salesforce__extractions') }}
)

select
    snapshot.snapshot_date,
    seen.snapshot_at,
    seen.org,
    seen.run_id,
    seen.clock_source,
    seen.clock_skew_seconds,
    seen.instance_url,
    seen.api_version,
    seen.reader_username,
    seen.evidence_folder,
    seen.manifest_sha256,
    seen.api_calls,
    extraction.seconds,
    extraction.rows_by_object,
    extraction.status_by_object
from {{ ref('stg_salesforce__snapshots') }} as seen
cross join {{ ref('int_snapshot') }} as snapshot
cross join extraction
