{#- Whether the policy means this token's app: by its id, by the token's label or by the name it is installed under. -#}
{% macro is_app(named, tokens) -%}
    lower(trim({{ named }})) in (lower(trim({{ tokens }}.app_name)), lower(trim({{ tokens }}.installed_app_name)))
    or (length(trim({{ named }})) in (15, 18) and left(trim({{ named }}), 15) = {{ tokens }}.known_app_id15)
{%- endmacro %}
