"""What a review holds: all that the weekly document may show of one snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from spendready_pipeline.catalog.labels import SEVERITIES
from spendready_pipeline.catalog.salesforce_objects import GRANTS

COVERAGES = ("evaluated", "partial", "not_evaluated")
"""The most first."""
STATUSES = ("new", "open", "waived", "resolved")


@dataclass(frozen=True)
class Snapshot:
    """The org and the moment that the review is about; times are UTC.

    Attributes:
        org: The org's name in `spendready.yml`.
        org_name: What the org calls itself.
        snapshot_at: 'Now', by the org's own clock.
        previous_at: The snapshot before; None for an org that is seen for the first time.
        manifest_sha256: Of the evidence manifest; it chains to the one before.
    """

    org: str
    org_name: str
    org_id: str
    edition: str
    is_sandbox: bool
    instance_url: str
    snapshot_at: datetime
    previous_at: datetime | None
    clock_source: str
    reader_username: str
    api_version: str
    api_calls: int
    run_id: str
    evidence_folder: str
    manifest_sha256: str


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        detail: The summary for a row that already names the subject.
        evidence: What its type alone knows, as SQL found it.
        own_steps: What of the remediation is this finding's own; None where all of it holds for every finding.
    """

    finding_id: str
    finding_type: str
    severity: str
    status: str
    subject_type: str
    subject_id: str
    subject_name: str | None
    user_id: str | None
    username: str | None
    summary: str
    detail: str
    evidence: Mapping[str, Any]
    remediation: str
    own_steps: str | None
    annual_cost: Decimal | None
    first_seen: datetime
    reopened_at: datetime | None
    resolved_at: datetime | None
    waived_until: datetime | None


@dataclass(frozen=True)
class Cause:
    """Findings of one type that one act mends, e.g. the tokens of one app; without a name: each stands for itself.

    Attributes:
        findings: The most important of them; `total` counts all.
        annual_cost: Of all of them; None where nothing is priced.
    """

    name: str | None
    severity: str
    total: int
    users: int
    annual_cost: Decimal | None
    first_seen: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class FindingType:
    """One kind of risk or waste, how much of it the login could judge, and what was found.

    Attributes:
        coverage: evaluated, partial or not_evaluated; the counts of a type that was not evaluated are what earlier
            snapshots knew, and say nothing about this one.
        coverage_remediation: What to grant, or do, to have it evaluated; None where nothing helps.
        coverage_before: What it was in the snapshot of an earlier date; None where the type is new.
        remediation: The steps that hold for every finding.
        evidence: Columns of a finding's evidence that stand beside its detail.
        active: Findings that are new or open, by severity.
        causes: The worst first; `causes_total` counts all.
    """

    finding_type: str
    title: str
    description: str
    severity: str
    controls: tuple[str, ...]
    who_acts: str
    risk: str
    remediation: str
    evidence: tuple[str, ...]
    thresholds: tuple[str, ...]
    coverage: str
    reason: str | None
    coverage_remediation: str | None
    coverage_before: str | None
    active: Mapping[str, int]
    waived: int
    annual_cost: Decimal | None
    causes_total: int
    causes: tuple[Cause, ...]

    @property
    def total(self) -> int:
        """Findings that are new or open."""
        return sum(self.active.values())

    @property
    def sees_less(self) -> bool:
        """Whether less of it could be judged than in the snapshot before."""
        return self.coverage_before is not None and COVERAGES.index(self.coverage) > COVERAGES.index(
            self.coverage_before
        )

    @property
    def worst(self) -> str:
        """The worst severity among those; the type's own where there is none."""
        return next((each for each in SEVERITIES if self.active.get(each)), self.severity)

    @property
    def listed(self) -> int:
        """Findings that the review holds one by one."""
        return sum(len(cause.findings) for cause in self.causes)


@dataclass(frozen=True)
class Change:
    """What became of findings since the snapshot before: the most important of them, and how many there are."""

    total: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class IntegrationUser:
    """An account that a machine uses, or might, and why it is taken for one."""

    user_id: str
    username: str
    name: str | None
    is_active: bool
    confidence: str
    reasons: tuple[str, ...]
    profile_name: str | None
    license_name: str | None
    last_activity_at: datetime | None


@dataclass(frozen=True)
class Accounts:
    """A list of accounts, cut where it grows too long for paper."""

    total: int
    listed: tuple[IntegrationUser, ...]


@dataclass(frozen=True)
class License:
    """One licence of the org and its seats; prices are a year's.

    Attributes:
        status: Salesforce's: `Active`, `Disabled`; None where it was not read.
        expires_on: Its last day.
        total_seats: None where there is no limit.
        unassigned_annual_cost: None where it has no price, or is over and costs nothing any more.
    """

    license_kind: str
    license_key: str | None
    license_name: str | None
    status: str | None
    expires_on: date | None
    total_seats: int | None
    used_seats: int | None
    unassigned_seats: int | None
    unit_price: Decimal | None
    price_source: str | None
    unassigned_annual_cost: Decimal | None


@dataclass(frozen=True)
class Exemption:
    """What the policy accepts: a waived finding, or a powerful permission that somebody answers for.

    Attributes:
        what: The finding type, or the permission.
        covers: Findings that it meets, or users who hold the permission, in this snapshot; None where that is unknown.
        expired: Its last day is over.
    """

    kind: str
    what: str
    subject: str
    reason: str | None
    owner: str | None
    expires: date
    covers: int | None
    expired: bool


@dataclass(frozen=True)
class PolicyWarning:
    """Something in the policy to look at: looser than its controls tolerate, over, or without effect."""

    kind: str
    subject: str
    warning: str


@dataclass(frozen=True)
class TrendPoint:
    """Findings that were new or open in one snapshot, by severity."""

    snapshot_date: date
    critical: int
    high: int
    medium: int
    low: int

    @property
    def total(self) -> int:
        """Of all severities."""
        return self.critical + self.high + self.medium + self.low


@dataclass(frozen=True)
class ObjectRead:
    """How much of one Salesforce object this snapshot has."""

    object: str
    status: str
    rows_read: int | None
    count_before: int | None
    count_after: int | None
    reason: str | None
    remediation: str | None


@dataclass(frozen=True)
class QualityWarning:
    """A rule for the raw data that did not hold, and did not stop the run."""

    object: str
    check_name: str
    detail: str | None


@dataclass(frozen=True)
class Control:
    """A criterion that findings are evidence for, in our own words."""

    control_id: str
    framework: str
    wording: str


@dataclass(frozen=True)
class Grant:
    """A permission that the login lacks, by its label in Setup, and how many checks would see more with it."""

    permission: str
    checks: int


@dataclass(frozen=True)
class Review:
    """All that the document may show.

    Attributes:
        money_at_stake: What active findings cost a year, each licence counted once; None where nothing is priced.
        severities: Findings that are new or open, by severity.
        statuses: Listed findings by status; `resolved` counts 90 days.
    """

    snapshot: Snapshot
    severities: Mapping[str, int]
    statuses: Mapping[str, int]
    money_at_stake: Decimal | None
    currency: str | None
    new: Change
    resolved: Change
    reopened: Change
    waived: Change
    types: tuple[FindingType, ...]
    integration_users: Accounts
    candidates: Accounts
    licenses_total: int
    licenses: tuple[License, ...]
    exemptions: tuple[Exemption, ...]
    policy_warnings: tuple[PolicyWarning, ...]
    trend: tuple[TrendPoint, ...]
    objects: tuple[ObjectRead, ...]
    warnings: tuple[QualityWarning, ...]
    controls: tuple[Control, ...]
    thresholds: Mapping[str, int]

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The permissions that would show more, those that open the most checks first."""
        incomplete = [each for each in self.types if each.coverage != "evaluated"]
        grants = [(each.coverage_remediation or "").split("; ") for each in incomplete]
        opened = [
            Grant(permission, sum(any(grant.startswith(permission) for grant in of_a_type) for of_a_type in grants))
            for permission in GRANTS
        ]
        return tuple(sorted((each for each in opened if each.checks), key=lambda each: (-each.checks, each.permission)))

    @property
    def snapshot_at(self) -> datetime:
        """The moment of the snapshot, UTC."""
        return self.snapshot.snapshot_at
