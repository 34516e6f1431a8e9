select
    Id as login_id,
    left(Id, 15) as login_id15,
    left(UserId, 15) as user_id15,
    LoginTime as logged_in_at,
    LoginType as login_type,
    LoginSubType as login_sub_type,
    Status as status,
    Application as application,
    Browser as browser,
    Platform as platform,
    ApiType as api_type,
    SourceIp as source_ip,
    CountryIso as country,
    AuthenticationServiceId as authentication_service_id
from {{ source('salesforce', 'login_history') }}
