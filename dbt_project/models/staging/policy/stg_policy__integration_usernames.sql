select username from {{ source('policy', 'integration_usernames') }}
