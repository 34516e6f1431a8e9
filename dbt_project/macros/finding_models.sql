{#-
Written by `python -m spendready_pipeline.catalogue`: the finding models, by name. dbt has to know what a union reads
before it knows any other model, so the list cannot be taken from the manifest; a build with a stale list stops.
-#}
{% macro finding_models() -%}
    {{ return([
        'finding_inactive_user',
        'finding_integration_user_interactive_login',
        'finding_integration_user_ui_session',
        'finding_never_used_oauth_token',
        'finding_stale_oauth_token',
    ]) }}
{%- endmacro %}
