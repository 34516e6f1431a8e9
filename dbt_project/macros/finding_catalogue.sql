{#- The finding models: those whose yml has `meta.finding`. Known when a model runs, not when dbt parses it. -#}
{% macro finding_nodes() -%}
    {%- set found = [] -%}
    {%- set models = graph.get('nodes', {}).values() | selectattr('resource_type', 'equalto', 'model') -%}
    {%- for node in models if node.config.meta.get('finding') -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{ return(found | sort(attribute='name')) }}
{%- endmacro %}

{#- What the findings' yml files say, as one JSON text in an SQL literal: a type is added by its two files alone. -#}
{% macro finding_catalogue() -%}
    {%- set types = [] -%}
    {%- for node in finding_nodes() -%}
        {%- set finding = node.config.meta.finding -%}
        {%- set needs = finding.requires -%}
        {%- if finding.uses_integration_signals -%}
            {%- set needs = needs + graph.nodes['model.spendready.int_integration_users'].config.meta.requires -%}
        {%- endif -%}
        {%- set shared_steps = [] -%}
        {%- for step in finding.steps if is_shared(step) -%}
            {%- do shared_steps.append(step | trim) -%}
        {%- endfor -%}
        {%- do types.append(dict(
            finding,
            finding_type=node.name[8:],
            description=node.description,
            requires=needs,
            remediation=shared_steps | join(' ')
        )) -%}
    {%- endfor -%}
    '{{ tojson(types) | replace("'", "''") }}'
{%- endmacro %}
