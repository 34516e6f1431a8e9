{#- What names are compared by: letters and digits alone, in lower case. 'SAP-Sync' and 'sap sync' are equal. -#}
{% macro letters_and_digits(name) -%}
    regexp_replace(lower({{ name }}), '[^\p{L}\p{Nd}]+', '', 'g')
{%- endmacro %}

{#- What names of apps are compared by: their letters and digits; a name of signs alone by all of it. Null: no name. -#}
{% macro app_name_key(name) -%}
    coalesce(nullif({{ letters_and_digits(name) }}, ''), nullif(lower(trim({{ name }})), ''))
{%- endmacro %}
