select
    org,
    snapshot_at,
    clock_source,
    clock_skew_seconds,
    instance_url,
    api_version,
    reader_user_id,
    reader_username,
    evidence_folder,
    run_id,
    api_calls,
    manifest_sha256
from {{ source('salesforce', 'snapshot') }}
