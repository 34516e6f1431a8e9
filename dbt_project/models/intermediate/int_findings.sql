{#- dbt has to know what a union reads before it knows any other model, so its caller names the finding models. -#}
{%- set finding_models = var('finding_models', none) -%}
{%- set models = finding_nodes() | map(attribute='name') | list -%}
{%- if finding_models is none or (execute and models != finding_models | sort) -%}
    {{ exceptions.raise_compiler_error(
        'The variable finding_models does not name every finding model. `make dbt ARGS=build` sets it; so does '
        '`dbt build --vars "$(python -m spendready_pipeline.catalog.finding_models)"`'
    ) }}
{%- endif -%}
-- Every finding of the newest snapshot; what is a type's own becomes its evidence.
{% for model in finding_models %}
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
        summary,
        detail,
        json_merge_patch(
            to_json(finding),
            '{
                "finding_id": null, "finding_type": null, "severity": null, "subject_type": null, "subject_id": null,
                "subject_name": null, "user_id": null, "username": null, "summary": null, "detail": null,
                "remediation": null, "own_steps": null, "annual_cost": null, "price_source": null, "snapshot_at": null
            }'
        ) as evidence,
        remediation,
        own_steps,
        annual_cost,
        -- The types about money alone have it.
        to_json(finding) ->> 'price_source' as price_source,
        snapshot_at
    from {{ ref(model) }} as finding -- noqa: AL05
{% endfor %}
