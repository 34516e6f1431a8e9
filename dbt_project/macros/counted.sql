{#- A number with its noun, if it has one: '1 seat', '1,204 seats'. -#}
{% macro counted(number, noun='') -%}
    {%- set one = noun.partition('/')[0] -%}
    {%- set many = noun.partition('/')[2] or one ~ "s" -%}
    {%- set digits = "format('{:,}', " ~ number ~ ")" -%}
    {{ return(digits ~ " || if(" ~ number ~ " = 1, ' " ~ one ~ "', ' " ~ many ~ "')" if noun else digits) }}
{%- endmacro %}
