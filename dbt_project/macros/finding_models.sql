{#-
Written by `python -m spendready_pipeline.catalog.finding_types`: the finding models, by name. dbt has to know what a union reads
before it knows any other model, so the list cannot be taken from the manifest; a build with a stale list stops.
-#}
{% macro finding_models() -%}
    {{ return([
        'finding_dormant_integration_user',
        'finding_inactive_user',
        'finding_integration_user_excess_permissions',
        'finding_integration_user_interactive_login',
        'finding_integration_user_not_api_only',
        'finding_integration_user_on_interactive_license',
        'finding_integration_user_password_login',
        'finding_integration_user_ui_session',
        'finding_license_seats_unassigned',
        'finding_never_used_oauth_token',
        'finding_orphaned_oauth_token',
        'finding_psl_unused',
        'finding_shared_integration_credentials',
        'finding_stale_oauth_token',
        'finding_temporary_access_never_removed',
        'finding_unmanaged_app',
    ]) }}
{%- endmacro %}
