select
    finding_type,
    title,
    description,
    severity,
    controls,
    who_acts,
    list_sort(list_distinct(list_transform(requires, lambda need: need.object))) as requires,
    thresholds,
    risk,
    remediation,
    evidence
from {{ ref('int_finding_types') }}
