-- What somebody should look at in the policy: where it is looser than its controls, or says what holds no more.
with thresholds as (
    unpivot {{ ref('stg_policy__thresholds') }}
    on columns(*)
    into name threshold value value
),

loose as (
    select
        'loose_threshold' as kind,
        thresholds.threshold as subject,
        format(
            '{} is {}, looser than the {} that its controls tolerate: {} ({})',
            thresholds.threshold, thresholds.value, guardrails.tolerated, guardrails.why,
            replace(guardrails.controls, ';', ',')
        ) as warning,
        string_split(guardrails.controls, '; ') as controls
    from thresholds
    inner join {{ ref('threshold_guardrails') }} as guardrails on thresholds.threshold = guardrails.threshold
    where if(
        guardrails.looser_when = 'more',
        thresholds.value > guardrails.tolerated,
        thresholds.value < guardrails.tolerated
    )
),

exemptions as (
    select
        concat(if(expired, 'expired_', 'unmatched_'), kind) as kind,
        subject,
        case
            when kind = 'waiver' and expired
                then format(
                    'The waiver of {} for {} ended on {}: renew it or take it out', what, subject, {{ day('expires') }}
                )
            when kind = 'waiver'
                then format('The waiver of {} for {} meets no finding: take it out', what, subject)
            when expired
                then format(
                    'The justification of {} for {} ended on {}: renew it or take it out',
                    what, subject, {{ day('expires') }}
                )
            else format('{} is justified for {}, who does not hold it: take it out', what, subject)
        end as warning,
        [] as controls
    from {{ ref('policy_exemptions') }}
    where expired or covers = 0
),

-- A price counts nowhere where no license has its key or DeveloperName; what was not read whole may have it.
unmatched_prices as (
    select
        'unmatched_price' as kind,
        prices.license_key as subject,
        format(
            'The price of {} in prices.{}s fits no license of this org: write the license key or DeveloperName that '
            'license_usage shows, or take it out',
            prices.license_key, prices.license_kind
        ) as warning,
        [] as controls
    from {{ ref('stg_policy__prices') }} as prices
    cross join {{ ref('int_snapshot') }} as snapshot
    inner join {{ ref('stg_salesforce__extractions') }} as extraction
        on
            extraction.object = if(prices.license_kind = 'user_license', 'UserLicense', 'PermissionSetLicense')
            and extraction.status = 'read'
            and not list_has_any(
                coalesce(extraction.missing_fields, []),
                ['LicenseDefinitionKey', 'PermissionSetLicenseKey', 'DeveloperName']
            )
    where
        not snapshot.is_sandbox
        and not exists (
            select 1
            from {{ ref('int_licenses') }} as licenses
            where
                licenses.license_kind = prices.license_kind
                and prices.license_key in (licenses.license_key, licenses.developer_name)
        )
),

-- What a source said long ago may have changed since.
old_prices as (
    select
        'old_list_price' as kind,
        licenses.license_key as subject,
        format(
            'The list price of {} was last looked up on {}: put your own into the policy (prices)',
            licenses.license_name, {{ day('licenses.list_price_as_of') }}
        ) as warning,
        [] as controls
    from {{ ref('int_licenses') }} as licenses
    cross join {{ ref('int_snapshot') }} as snapshot
    where licenses.list_price_as_of < snapshot.snapshot_date - interval 18 month
)

select
    warnings.kind,
    warnings.subject,
    warnings.warning,
    warnings.controls,
    snapshot.snapshot_at
from (
    select * from loose
    union all
    select * from exemptions
    union all
    select * from unmatched_prices
    union all
    select * from old_prices
) as warnings
cross join {{ ref('int_snapshot') }} as snapshot
