{#- An aggregate: the different values, sorted, as a list without nulls and empty texts; empty where there are none. -#}
{% macro sorted_set(value, condition='true') -%}
    coalesce(list_sort(list(distinct {{ value }}) filter ({{ value }} <> '' and {{ condition }})), [])
{%- endmacro %}
