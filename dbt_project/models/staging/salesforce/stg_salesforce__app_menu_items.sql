select
    Id as app_menu_item_id,
    left(Id, 15) as app_menu_item_id15,
    ApplicationId as app_id,
    left(ApplicationId, 15) as app_id15,
    Name as name,
    Label as label,
    Type as type
from {{ source('salesforce', 'app_menu_item') }}
