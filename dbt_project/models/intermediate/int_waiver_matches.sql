-- Which waiver means which finding of the newest snapshot, whether it has ended or not.
select
    waivers.finding_type,
    waivers.subject,
    {{ end_of_day('waivers.expires') }} as ends_at,
    findings.finding_id
from {{ ref('stg_policy__waivers') }} as waivers
inner join {{ ref('int_findings') }} as findings
    on
        waivers.finding_type = findings.finding_type
        and (
            {{ same_id('findings.subject_id', 'trim(waivers.subject)') }}
            or lower(trim(findings.username)) = lower(trim(waivers.subject))
            or lower(trim(findings.evidence ->> 'app_name')) = lower(trim(waivers.subject))
        )
