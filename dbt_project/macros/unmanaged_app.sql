{#- The sentences of `unmanaged_app`; they need `unmanaged`, the apps with their reasons. -#}
{% macro unmanaged_app_summary() -%}
    format(
        '{} holds {} of {} and is {}',
        unmanaged.app_name,
        {{ counted('unmanaged.token_count', 'token') }},
        if(unmanaged.user_count = 0, 'users that are not named', {{ counted('unmanaged.user_count', 'user') }}),
        list_aggregate(
            list_transform(
                unmanaged.reasons,
                lambda reason: case reason
                    when 'not_approved' then 'not approved'
                    when 'not_installed' then 'not installed'
                    else 'a client of Salesforce''s own'
                end
            ),
            'string_agg',
            ' and '
        )
    )
{%- endmacro %}

{% macro unmanaged_app_remediation() -%}
    if(
        unmanaged.reasons = ['salesforce_client'],
        format(
            '{} > {}: block it if nobody needs it; else approve it, which is to name it in the policy (approved_apps)',
            {{ oauth_usage('unmanaged.app_id') }}, unmanaged.app_name
        ),
        format(
            '{} > {}: find out who needs it. If somebody does, {}; if nobody does, revoke its tokens and block it',
            {{ oauth_usage('unmanaged.app_id') }},
            unmanaged.app_name,
            if(
                list_contains(unmanaged.reasons, 'not_installed'),
                'install it there and let only chosen profiles or permission sets use it (Manage App Policies)',
                'have it approved and name it in the policy (approved_apps)'
            )
        )
    )
{%- endmacro %}
