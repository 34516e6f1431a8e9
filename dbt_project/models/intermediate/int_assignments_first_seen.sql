{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        pre_hook="{% if is_incremental() %}
            delete from {{ this }}
            where cast(first_seen_at at time zone 'UTC' as date) >= (select snapshot_date from {{ ref('int_snapshot') }})
        {% endif %}"
    )
}}
-- Salesforce moves an assignment's date whenever it touches the row: the first snapshot that saw it is remembered.
-- What a wrong clock dated after the present snapshot is dated by the present one.
select
    assignments.assignment_id15,
    snapshot.snapshot_at as first_seen_at
from {{ ref('stg_salesforce__permission_set_assignments') }} as assignments
cross join {{ ref('int_snapshot') }} as snapshot
{% if is_incremental() %}
    where assignments.assignment_id15 not in (select assignment_id15 from {{ this }})
{% endif %}
