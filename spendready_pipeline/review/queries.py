"""The SQL of a review: what its pages list is chosen here, so that an org of any size gives a bounded one.

`{columns}` stands for the fields of the record that a row becomes.
"""

from dataclasses import fields

from spendready_pipeline.catalog.labels import SEVERITIES, severity_rank
from spendready_pipeline.review.facts import Finding

CAUSES_LISTED = 40
"""Causes of one type that are listed, e.g. the apps whose tokens are stale."""
FINDINGS_LISTED_OF_A_CAUSE = 6
FINDINGS_LISTED = 80
"""Findings of a type without causes, and changes of a kind, that are listed."""
ACCOUNTS_LISTED = 150
LICENSES_LISTED = 80
EXEMPTIONS_LISTED = 100
SNAPSHOTS_LISTED = 52
"""A year of weeks."""

ACTIVE = "status in ('new', 'open')"
RANK = severity_rank()
FINDING = ", ".join(each.name for each in fields(Finding))
MOST_IMPORTANT_FIRST = f"{RANK}, status = 'new' desc, annual_cost desc nulls last, first_seen, summary, finding_id"

SNAPSHOT = """
    select
        org,
        coalesce(org_name, org) as org_name,
        coalesce(org_id, '') as org_id,
        coalesce(edition, '') as edition,
        coalesce(is_sandbox, false) as is_sandbox,
        coalesce(instance_url, '') as instance_url,
        snapshot_at,
        previous_at,
        clock_source,
        coalesce(reader_username, '') as reader_username,
        coalesce(api_version, '') as api_version,
        coalesce(api_calls, 0) as api_calls,
        coalesce(run_id, '') as run_id,
        coalesce(evidence_folder, '') as evidence_folder,
        coalesce(manifest_sha256, '') as manifest_sha256
    from marts.audit_run
"""

THRESHOLDS = "select thresholds from marts.audit_run"

# Staging is a view: it shows what the newest run read, whether or not that run built the marts.
NEWEST_SNAPSHOT = "select max(org), max(snapshot_at) from staging.stg_salesforce__snapshots"

BUILT_OF = """
    select min(snapshot_at)
    from (
        select max(snapshot_at) as snapshot_at from marts.snapshots
        union all
        select min(snapshot_at) from marts.audit_run
        union all
        select min(snapshot_at) from marts.coverage
        union all
        select min(snapshot_at) from marts.findings
    )
"""

# A user's licence is paid for once, however many findings its user has.
MONEY_AT_STAKE = f"""
    select cast(sum(cost) as decimal(18, 2)), max(currency)
    from (
        select max(annual_cost) as cost, max(currency) as currency
        from marts.findings
        where {ACTIVE} and annual_cost is not null
        group by if(subject_type = 'user', 'user', finding_type), subject_id
    )
"""  # noqa: S608 - words of ours

LICENSES = f"""
    select {{columns}}
    from marts.license_usage
    order by unassigned_annual_cost desc nulls last, unit_price desc nulls last, used_seats desc nulls last,
        license_name, license_key
    limit {LICENSES_LISTED}
"""  # noqa: S608 - words of ours

EXEMPTIONS = f"""
    select {{columns}}
    from marts.policy_exemptions
    order by expired desc, covers is not distinct from 0 desc, expires, kind, what, subject
    limit {EXEMPTIONS_LISTED}
"""  # noqa: S608 - words of ours

POLICY_WARNINGS = f"""
    select {{columns}}
    from marts.policy_warnings
    order by kind <> 'loose_threshold', kind, subject, warning
    limit {EXEMPTIONS_LISTED}
"""  # noqa: S608 - words of ours

# A wrong clock may have dated an earlier snapshot after the present one: `finding_history` has no row of it.
TREND = f"""
    with newest as (
        select snapshot_date
        from marts.snapshots
        where snapshot_at <= (select snapshot_at from marts.audit_run)
        order by snapshot_date desc
        limit {SNAPSHOTS_LISTED}
    )
    select
        newest.snapshot_date,
        {", ".join(f"count(*) filter (history.severity = '{each}') as {each}" for each in SEVERITIES)}
    from newest
    left join marts.finding_history as history
        on history.snapshot_date = newest.snapshot_date and history.{ACTIVE}
    group by newest.snapshot_date
    order by newest.snapshot_date
"""  # noqa: S608 - words of ours

CONTROLS = """
    select {columns}
    from reference.controls
    where control_id in (select unnest(controls) from marts.finding_types)
    order by framework <> 'SOC 2', framework, control_id
"""

TYPES = f"""
    with active as (
        select
            finding_type,
            {", ".join(f"count(*) filter ({ACTIVE} and severity = '{each}') as {each}" for each in SEVERITIES)},
            count(*) filter (status = 'waived') as waived,
            sum(annual_cost) filter ({ACTIVE}) as annual_cost
        from marts.findings
        group by finding_type
    )
    select
        types.finding_type,
        title,
        coalesce(description, '') as description,
        severity,
        controls,
        who_acts,
        coalesce(risk, '') as risk,
        coalesce(types.remediation, '') as remediation,
        coalesce(types.evidence, []) as evidence,
        coalesce(thresholds, []) as thresholds,
        coalesce(coverage.status, 'not_evaluated') as coverage,
        coverage.reason,
        coverage.remediation as coverage_remediation,
        coverage.previous_status as coverage_before,
        {", ".join(f"coalesce({each}, 0) as {each}" for each in SEVERITIES)},
        coalesce(waived, 0) as waived,
        annual_cost
    from marts.finding_types as types
    left join marts.coverage as coverage on coverage.finding_type = types.finding_type
    left join active on active.finding_type = types.finding_type
    order by {RANK}, types.finding_type
"""  # noqa: S608 - words of ours

# What one act mends: all tokens of an app are revoked in one place.
CAUSES = f"""
    with active as (
        select
            *,
            if(
                subject_type = 'oauth_token',
                coalesce(nullif(trim(evidence ->> 'app_name'), ''), 'An app without a name'),
                null
            ) as cause
        from marts.findings
        where {ACTIVE}
    ),
    causes as (
        select
            finding_type,
            cause,
            count(*) as total,
            count(distinct user_id) as users,
            sum(annual_cost) as cause_cost,
            min(first_seen) as cause_first_seen,
            min({RANK}) as rank,
            row_number() over (partition by finding_type order by min({RANK}), count(*) desc, cause) as place,
            count(*) over (partition by finding_type) as causes_total
        from active
        group by finding_type, cause
    ),
    findings as (
        select
            {FINDING},
            cause,
            row_number() over (partition by finding_type, cause order by {MOST_IMPORTANT_FIRST}) as place_in_cause
        from active
    )
    select
        findings.* exclude (place_in_cause),
        causes.* exclude (finding_type, cause)
    from findings
    inner join causes
        on findings.finding_type = causes.finding_type and findings.cause is not distinct from causes.cause
    where causes.place <= {CAUSES_LISTED}
        and findings.place_in_cause
            <= if(findings.cause is null, {FINDINGS_LISTED}, {FINDINGS_LISTED_OF_A_CAUSE})
    order by findings.finding_type, causes.place, findings.place_in_cause
"""  # noqa: S608 - words of ours
