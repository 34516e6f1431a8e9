{#- A finding keeps its id from week to week, whatever its subject is called. Needs `evaluated` (int_coverage). -#}
{% macro finding_id(subject) -%}
    left(sha256(concat_ws('|', evaluated.org_id15, evaluated.finding_type, {{ subject }})), 16)
{%- endmacro %}
