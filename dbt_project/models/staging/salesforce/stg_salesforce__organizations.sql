select
    Id as organization_id,
    left(Id, 15) as organization_id15,
    Name as name,
    OrganizationType as organization_type,
    InstanceName as instance_name,
    IsSandbox as is_sandbox,
    TrialExpirationDate as trial_ends_at,
    CreatedDate as created_at
from {{ source('salesforce', 'organization') }}
