select currency from {{ source('policy', 'currency') }}
