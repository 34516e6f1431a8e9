select
    Id as token_id,
    left(Id, 15) as token_id15,
    UserId as user_id,
    left(UserId, 15) as user_id15,
    AppName as app_name,
    left(AppMenuItemId, 15) as app_menu_item_id15,
    CreatedDate as created_at,
    LastUsedDate as last_used_at,
    UseCount as use_count
from {{ source('salesforce', 'oauth_token') }}
