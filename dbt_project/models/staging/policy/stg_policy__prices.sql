select
    license_kind,
    license_key,
    annual_price,
    currency
from {{ source('policy', 'prices') }}
