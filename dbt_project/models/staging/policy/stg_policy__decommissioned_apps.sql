select app from {{ source('policy', 'decommissioned_apps') }}
