select * from {{ source('policy', 'thresholds') }}
