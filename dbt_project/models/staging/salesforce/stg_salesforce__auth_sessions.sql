select
    Id as session_id,
    left(Id, 15) as session_id15,
    UsersId as user_id,
    left(UsersId, 15) as user_id15,
    LoginType as login_type,
    SessionType as session_type,
    SessionSecurityLevel as session_security_level,
    SourceIp as source_ip,
    left(ParentId, 15) as parent_id15,
    left(LoginHistoryId, 15) as login_id15,
    NumSecondsValid as valid_seconds,
    CreatedDate as created_at,
    LastModifiedDate as modified_at
from {{ source('salesforce', 'auth_session') }}
