select
    licenses.license_kind,
    licenses.license_key,
    licenses.license_name,
    licenses.license_id,
    licenses.category,
    licenses.status,
    licenses.expires_on,
    licenses.total_seats,
    licenses.used_seats,
    -- A license that is paid by logins has no seat that could be returned.
    if(
        licenses.is_login_based or licenses.total_seats is null,
        null,
        greatest(licenses.total_seats - licenses.used_seats, 0)
    ) as unassigned_seats,
    licenses.is_login_based,
    licenses.monthly_logins_entitlement,
    licenses.monthly_logins_used,
    licenses.unit_price,
    licenses.price_source,
    if(licenses.unit_price is null, null, snapshot.currency) as currency,
    -- A license that is over costs nothing any more.
    if(
        licenses.status = 'Active' and coalesce(licenses.expires_on >= snapshot.snapshot_date, true),
        cast(licenses.unit_price * greatest(licenses.total_seats - licenses.used_seats, 0) as decimal(18, 2)),
        null
    ) as unassigned_annual_cost,
    snapshot.snapshot_at
from {{ ref('int_licenses') }} as licenses
cross join {{ ref('int_snapshot') }} as snapshot
