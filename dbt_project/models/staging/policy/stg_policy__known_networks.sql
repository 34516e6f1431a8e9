select network from {{ source('policy', 'known_networks') }}
