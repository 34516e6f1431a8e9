select pattern from {{ source('policy', 'username_excludes') }}
