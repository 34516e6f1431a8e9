{%- if execute and finding_nodes() | map(attribute='name') | list != finding_models() | sort | list -%}
    {{ exceptions.raise_compiler_error('The list of finding models is stale: python -m spendready_pipeline.catalog.finding_types') }}
{%- endif -%}
-- Every finding of the newest snapshot; what is a type's own becomes its evidence.
{% for model in finding_models() %}
    {% if not loop.first %}union all{% endif %}
    select
        finding_id,
        finding_type,
        severity,
        subject_type,
        subject_id,
        subject_name,
        user_id,
        username,
        -- A name that was not read makes a sentence null.
        coalesce(summary, concat_ws(' ', finding_type, subject_name, subject_id)) as summary,
        json_merge_patch(
            to_json(finding),
            '{
                "finding_id": null, "finding_type": null, "severity": null, "subject_type": null, "subject_id": null,
                "subject_name": null, "user_id": null, "username": null, "summary": null, "remediation": null,
                "annual_cost": null, "price_source": null, "snapshot_at": null
            }'
        ) as evidence,
        remediation,
        annual_cost,
        -- The types about money alone have it.
        to_json(finding) ->> 'price_source' as price_source,
        snapshot_at
    from {{ ref(model) }} as finding -- noqa: AL05
{% endfor %}
