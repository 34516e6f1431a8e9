{#- Salesforce's ids have 15 characters, or 18 of which the last three only repeat the others' case. -#}
{% macro same_id(one, other) -%}
    if(
        length({{ one }}) in (15, 18) and length({{ other }}) in (15, 18),
        left({{ one }}, 15) = left({{ other }}, 15),
        {{ one }} = {{ other }}
    )
{%- endmacro %}
