with catalogue as (
    select
        unnest(
            from_json(
                {{ finding_catalogue() }},
                '[{
                    "finding_type": "VARCHAR", "title": "VARCHAR", "description": "VARCHAR", "severity": "VARCHAR",
                    "controls": ["VARCHAR"], "who_acts": "VARCHAR", "thresholds": ["VARCHAR"], "risk": "VARCHAR",
                    "remediation": "VARCHAR", "evidence": ["VARCHAR"],
                    "requires": [{
                        "object": "VARCHAR", "fields": ["VARCHAR"], "missing": "VARCHAR", "short": "VARCHAR",
                        "history": "VARCHAR", "gap": "VARCHAR"
                    }],
                    "follows": [{"finding_type": "VARCHAR", "statuses": ["VARCHAR"], "gap": "VARCHAR"}]
                }]'
            ),
            max_depth := 2
        )
)

select
    * exclude (severity, thresholds, follows),
    severity,
    case severity when 'low' then 'medium' when 'medium' then 'high' else 'critical' end as raised_severity,
    coalesce(thresholds, []) as thresholds,
    coalesce(follows, []) as follows
from catalogue
