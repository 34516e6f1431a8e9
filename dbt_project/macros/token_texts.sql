{#- A token's name of its app, as it is; null where it is blank. -#}
{% macro app_name_of(tokens) -%}
    if(trim({{ tokens }}.app_name) = '', null, {{ tokens }}.app_name)
{%- endmacro %}

{#- What findings of tokens call the app, which may have no name. -#}
{% macro app_called(app_name) -%}
    coalesce(nullif(trim({{ app_name }}), ''), 'an app without a name')
{%- endmacro %}

{#- Where in Setup an app's tokens are listed and revoked; external client apps (0xI) have a page of their own. -#}
{% macro oauth_usage(app_id) -%}
    if(
        starts_with({{ app_id }}, '0xI'),
        'Setup > External Client Apps > OAuth Usage',
        'Setup > Connected Apps OAuth Usage'
    )
{%- endmacro %}

{#- Who granted a token, in sentences: Salesforce may name no user, or one that the reader may not see. -#}
{% macro token_holder(username, user_id) -%}
    coalesce({{ username }}, {{ user_id }}, 'a user that is not named')
{%- endmacro %}

{#- The end of a sentence about a token whose last use let nobody in. -#}
{% macro attempt_failed(last_attempt_failed) -%}
    if({{ last_attempt_failed }}, '; its last attempt failed', '')
{%- endmacro %}
