{#- What names of apps are compared on: letters and digits alone, in lower case. 'SAP-Sync' and 'sap sync' are equal. -#}
{% macro letters_and_digits(name) -%}
    regexp_replace(lower({{ name }}), '[^\p{L}\p{Nd}]+', '', 'g')
{%- endmacro %}
