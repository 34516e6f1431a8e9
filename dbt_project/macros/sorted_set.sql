{#- An aggregate: the different values, sorted, as a list; an empty list where there are none. -#}
{% macro sorted_set(value, condition='true') -%}
    coalesce(list_sort(list(distinct {{ value }}) filter ({{ value }} is not null and {{ condition }})), [])
{%- endmacro %}
