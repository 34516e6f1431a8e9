{#- A number with its noun: '1 seat', '2 seats'. -#}
{% macro counted(number, noun) -%}
    concat({{ number }}, ' {{ noun }}', if({{ number }} = 1, '', 's'))
{%- endmacro %}
