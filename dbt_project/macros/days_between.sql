{#- Whole days of 24 hours between two moments. -#}
{% macro days_between(earlier, later) -%}
    cast(floor(date_sub('second', {{ earlier }}, {{ later }}) / 86400) as integer)
{%- endmacro %}
