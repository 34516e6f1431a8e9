{#- A day as people write it, e.g. 3 Nov 2026. -#}
{% macro day(value) -%}
    strftime({{ value }}, '%-d %b %Y')
{%- endmacro %}
