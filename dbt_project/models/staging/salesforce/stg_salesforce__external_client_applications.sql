select
    Id as external_client_application_id,
    left(Id, 15) as external_client_application_id15,
    DeveloperName as developer_name,
    MasterLabel as label,
    DistributionState as distribution_state
from {{ source('salesforce', 'external_client_application') }}
