{#-
Whether a pattern of the policy matches a whole username: `*` stands for any characters, `?` for one, and nothing else
is a sign. DuckDB's own glob counts bytes, so its `?` misses every letter beyond ASCII.
-#}
{% macro matches(username, pattern) -%}
    lower(trim({{ username }})) like
    translate(regexp_replace(lower(trim({{ pattern }})), '[%_\\]', '\\\0', 'g'), '*?', '%_') escape '\'
{%- endmacro %}
