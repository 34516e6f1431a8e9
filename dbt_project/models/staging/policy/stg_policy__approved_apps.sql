select app from {{ source('policy', 'approved_apps') }}
