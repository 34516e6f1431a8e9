{#- The moment at which a day of the policy has ended, in UTC: from then on a waiver or justification holds no more. -#}
{% macro end_of_day(day) -%}
    timezone('UTC', cast({{ day }} + 1 as timestamp))
{%- endmacro %}
