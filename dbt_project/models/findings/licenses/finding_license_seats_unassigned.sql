with spare as (
    select
        licenses.*,
        licenses.total_seats - licenses.used_seats as unassigned_seats
    from {{ ref('int_licenses') }} as licenses
    cross join {{ ref('int_snapshot') }} as snapshot
    where
        licenses.status = 'Active'
        and (licenses.expires_on is null or licenses.expires_on >= snapshot.snapshot_date)
        and licenses.total_seats - licenses.used_seats >= snapshot.unassigned_seats_min
        and licenses.unit_price > 0
),

found as (
    select
        {{ finding_id('spare.license_id15') }} as finding_id,
        evaluated.finding_type,
        evaluated.severity,
        spare.license_kind as subject_type,
        spare.license_id as subject_id,
        spare.license_name as subject_name,
        cast(null as varchar) as user_id,
        cast(null as varchar) as username,
        cast(spare.unassigned_seats * spare.unit_price as decimal(18, 2)) as annual_cost,
        evaluated.snapshot_at,
        spare.license_name,
        spare.license_key,
        spare.license_kind,
        spare.total_seats,
        spare.used_seats,
        spare.unassigned_seats,
        spare.price_source
    from spare
    inner join {{ ref('int_coverage') }} as evaluated
        on evaluated.finding_type = 'license_seats_unassigned' and evaluated.status <> 'not_evaluated'
)

select
    *,
    {{ sentences() }}
from found
