"""Four weeks of an org that people change, each audited by the whole chain, and the last one audited again that day.

What is expected was written by hand, from the rules of the history. The border of the 90 days for which resolved
findings stay listed is held by the unit tests of `findings`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo_org.serve import DemoOrg
from spendready_pipeline.storage.files import snapshot_folder_name
from tests.conftest import OrgFile
from tests.dbt.orgs import Dbt
from tests.pipeline.companies import Company

pytestmark = [
    pytest.mark.slow,  # five whole audits, run once for all tests
    pytest.mark.xdist_group("weeks"),
]

W1 = datetime(2026, 11, 2, tzinfo=UTC)
W2, W3, W4 = (W1 + timedelta(weeks=weeks) for weeks in (1, 2, 3))
AGAIN = W4 + timedelta(hours=5)
WAIVED_UNTIL = W3
"""The waiver's last day, 15 November, has ended at the very moment of the third audit."""

Story = tuple[str | None, str | None, str | None, str | None]
STORIES: dict[tuple[str, str], Story] = {
    ("inactive_user", "sven.lund"): ("new", "open", "open", "open"),
    ("inactive_user", "marta.ruiz"): ("new", "open", "open", "open"),
    ("inactive_user", "clara.wolf"): ("waived", "waived", "open", "open"),
    ("license_seats_unassigned", "Salesforce Platform"): (None, "new", "open", "open"),
    ("integration_user_excess_permissions", "svc.mirror"): ("new", "resolved", None, "open"),
    ("stale_oauth_token", "siobhan.macbride9"): ("new", "open", None, "open"),
    ("integration_user_on_interactive_license", "o.brien.etl"): ("new", "open", "open", "open"),
    ("license_seats_unassigned", "CRM Analytics Plus"): (None, None, None, "new"),
    ("license_seats_unassigned", "Maps Advanced"): (None, None, None, "new"),
}
"""The status of some findings in each week, by type and by whose they are; None: no row."""

STORIES_AGAIN: dict[tuple[str, str], Story] = STORIES | {
    ("integration_user_on_interactive_license", "o.brien.etl"): ("new", "open", "open", "resolved"),
    ("license_seats_unassigned", "CRM Analytics Plus"): (None, None, None, None),
    ("license_seats_unassigned", "Knowledge Only User"): (None, None, None, "new"),
}
"""The same after the second audit of the fourth week's date."""

NEED_TOKENS = {
    "stale_oauth_token", "never_used_oauth_token", "orphaned_oauth_token", "unmanaged_app", "dormant_integration_user",
}  # fmt: skip

READER_MAY = """
    update org."PermissionSet" set "PermissionsCustomizeApplication" = {} where "Name" = 'SpendReady_Reader'
"""
WEEKLY_EXPORT = """
    update org."PermissionSetAssignment" set "IsActive" = {} where "PermissionSetId" in (
        select "Id" from org."PermissionSet" where "Name" = 'Weekly_Export'
    )
"""
CHANGES: dict[datetime, list[str]] = {
    W1: [],
    W2: [
        """update org."UserLicense" set "TotalLicenses" = "UsedLicenses" + 1 where "LicenseDefinitionKey" = 'AUL'""",
        WEEKLY_EXPORT.format("false"),
    ],
    W3: [
        """update org."User" set "Username" = 'marta.ortiz@meridian.example', "Name" = 'Marta Ortiz'
           where "Username" = 'marta.ruiz@meridian.example'""",
        READER_MAY.format("false"),
    ],
    W4: [
        READER_MAY.format("true"),
        WEEKLY_EXPORT.format("true"),
        """update org."PermissionSetLicense" set "TotalLicenses" = "UsedLicenses" + 1
           where "DeveloperName" = 'EinsteinAnalyticsPlusPsl'""",
        """update org."PermissionSetLicense" set "Status" = 'Active' where "DeveloperName" = 'MapsAdvancedPsl'""",
    ],
    AGAIN: [
        """update org."PermissionSetLicense" set "TotalLicenses" = "UsedLicenses"
           where "DeveloperName" = 'EinsteinAnalyticsPlusPsl'""",
        """update org."UserLicense" set "Status" = 'Active' where "LicenseDefinitionKey" = 'PID_KNOWLEDGE'""",
        """update org."User" set "IsActive" = false where "Username" = 'o.brien.etl@meridian.example'""",
    ],
}
"""What happens in the org before each audit."""


@dataclass(frozen=True)
class Audit:
    """What people have after an audit.

    Attributes:
        findings: The rows of `findings`.
        history: The rows of `finding_history`, in the order of time.
        coverage: The status of each finding type.
        files: The evidence and the reports, with their bytes.
    """

    findings: list[dict[str, Any]]
    history: list[dict[str, Any]]
    coverage: dict[str, str]
    files: dict[str, bytes]

    def finding(self, finding_type: str, whose: str) -> dict[str, Any]:
        """The one finding of a type and a user (what stands before the @) or a licence."""
        (found,) = [row for row in self.findings if (row["finding_type"], _whose(row)) == (finding_type, whose)]
        return found

    def stories(self, wanted: dict[tuple[str, str], Story]) -> dict[tuple[str, str], Story]:
        """The statuses of the wanted findings by week; each is known by whose it was in its first row."""
        keys: dict[str, tuple[str, str]] = {}
        found: dict[tuple[str, str], dict[Any, str]] = {key: {} for key in wanted}
        for row in self.history:
            key = keys.setdefault(row["finding_id"], (row["finding_type"], _whose(row)))
            if key in wanted:
                assert row["snapshot_date"] not in found[key], "two rows of one finding and date"
                found[key][row["snapshot_date"]] = row["status"]
        assert {each for dates in found.values() for each in dates} <= {each.date() for each in (W1, W2, W3, W4)}
        return {
            key: (dates.get(W1.date()), dates.get(W2.date()), dates.get(W3.date()), dates.get(W4.date()))
            for key, dates in found.items()
        }


def _whose(row: dict[str, Any]) -> str:
    return str(row["username"] or row["subject_name"]).split("@")[0]


def _audit(company: Company, dbt: Dbt) -> Audit:
    company.audit(dbt)
    folders = (company.files.evidence, company.files.root / "reports")
    return Audit(
        company.published("from findings"),
        company.published("from finding_history order by snapshot_at, finding_id"),
        {row["finding_type"]: row["status"] for row in company.published("from coverage")},
        {
            str(path.relative_to(company.files.root)): path.read_bytes()
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file()
        },
    )


@pytest.fixture(scope="module")
def audits(org_file: OrgFile, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[datetime, Audit]:
    """The audits of the four weeks and the last one's repetition, by their moments."""
    folder: Path = tmp_path_factory.mktemp("weeks")
    with DemoOrg(org_file(60, now=W1), now=W1) as org:
        company = Company(folder, org)
        company.configure(("2027-01-01", "2026-11-15"))  # clara.wolf's waiver ends between W2 and W3
        done: dict[datetime, Audit] = {}
        for moment, changes in CHANGES.items():
            org.clock.move(moment - org.now)
            for sql in changes:
                org.change(sql)
            done[moment] = _audit(company, dbt)
    return done


def test_each_week_has_the_rows_that_the_rules_give_it(audits: dict[datetime, Audit]) -> None:
    assert audits[W4].stories(STORIES) == STORIES
    for moment, audit in audits.items():
        assert {row["snapshot_at"] for row in audit.findings} == {moment}


def test_a_problem_that_stays_and_one_that_appears_later(audits: dict[datetime, Audit]) -> None:
    stays = audits[W4].finding("inactive_user", "sven.lund")
    assert (stays["status"], stays["first_seen"], stays["last_seen"]) == ("open", W1, W4)
    appears = audits[W2].finding("license_seats_unassigned", "Salesforce Platform")
    assert (appears["status"], appears["first_seen"], appears["last_seen"]) == ("new", W2, W2)
    stays = audits[W4].finding("license_seats_unassigned", "Salesforce Platform")
    assert (stays["finding_id"], stays["status"], stays["first_seen"]) == (appears["finding_id"], "open", W2)


def test_a_problem_that_was_fixed_comes_back_as_the_old_one(audits: dict[datetime, Audit]) -> None:
    key = ("integration_user_excess_permissions", "svc.mirror")
    fixed = audits[W2].finding(*key)
    assert (fixed["status"], fixed["last_seen"], fixed["resolved_at"]) == ("resolved", W1, W2)
    assert audits[W3].finding(*key) == fixed | {"snapshot_at": W3}
    back = audits[W4].finding(*key)
    assert (back["status"], back["first_seen"], back["last_seen"]) == ("open", W1, W4)
    assert (back["reopened_at"], back["resolved_at"]) == (W4, None)
    assert back["finding_id"] == fixed["finding_id"] == audits[W1].finding(*key)["finding_id"]


def test_a_waiver_holds_until_the_end_of_its_day_in_utc(audits: dict[datetime, Audit]) -> None:
    key = ("inactive_user", "clara.wolf")
    for moment in (W1, W2):
        waived = audits[moment].finding(*key)
        assert (waived["status"], waived["waived_until"]) == ("waived", WAIVED_UNTIL)
    for moment in (W3, W4):
        ended = audits[moment].finding(*key)
        assert (ended["status"], ended["first_seen"], ended["waived_until"]) == ("open", W1, None)


def test_a_renamed_user_keeps_its_finding(audits: dict[datetime, Audit]) -> None:
    before = audits[W2].finding("inactive_user", "marta.ruiz")
    after = audits[W3].finding("inactive_user", "marta.ortiz")
    assert (after["finding_id"], after["status"], after["first_seen"]) == (before["finding_id"], "open", W1)
    names = [_whose(row) for row in audits[W4].history if row["finding_id"] == before["finding_id"]]
    assert names == ["marta.ruiz", "marta.ruiz", "marta.ortiz", "marta.ortiz"]


def test_a_week_without_tokens_says_nothing_of_them(audits: dict[datetime, Audit]) -> None:
    for moment, audit in audits.items():
        unseen = {each for each, status in audit.coverage.items() if status == "not_evaluated"}
        assert unseen == (NEED_TOKENS if moment == W3 else set()), moment

    def of_tokens(moment: datetime) -> dict[str, dict[str, Any]]:
        return {row["finding_id"]: row for row in audits[moment].findings if row["finding_type"] in NEED_TOKENS}

    before = of_tokens(W2)
    assert {row["finding_type"] for row in before.values()} == NEED_TOKENS
    assert of_tokens(W3) == {
        finding_id: row | {"status": "open" if row["status"] == "new" else row["status"], "snapshot_at": W3}
        for finding_id, row in before.items()
    }
    on_that_day = {row["finding_type"] for row in audits[W3].history if row["snapshot_date"] == W3.date()}
    assert on_that_day
    assert not on_that_day & NEED_TOKENS

    token = audits[W4].finding("stale_oauth_token", "siobhan.macbride9")
    assert (token["status"], token["first_seen"], token["last_seen"]) == ("open", W1, W4)
    assert (token["reopened_at"], token["resolved_at"]) == (None, None)


def test_a_second_audit_of_a_date_replaces_that_date_alone(audits: dict[datetime, Audit]) -> None:
    first, again = audits[W4], audits[AGAIN]
    assert again.stories(STORIES_AGAIN) == STORIES_AGAIN
    earlier = [row for row in first.history if row["snapshot_at"] < W4]
    assert earlier
    assert [row for row in again.history if row["snapshot_at"] < AGAIN] == earlier

    replaced = {f"reports/demo-{W4.date()}.pdf"}
    added = {each for each in again.files if each.startswith(f"evidence/{snapshot_folder_name(AGAIN)}/")}
    assert added
    assert set(again.files) == set(first.files) | added
    assert {each for each in first.files if first.files[each] != again.files[each]} == replaced


def test_what_a_second_audit_says_of_the_findings_of_its_date(audits: dict[datetime, Audit]) -> None:
    again = audits[AGAIN]
    vanished = audits[W4].finding("license_seats_unassigned", "CRM Analytics Plus")["finding_id"]
    assert vanished not in {row["finding_id"] for row in again.findings + again.history}

    for name in ("Maps Advanced", "Knowledge Only User"):  # both audits of the day saw the one, the second the other
        new = again.finding("license_seats_unassigned", name)
        assert (new["status"], new["first_seen"], new["last_seen"]) == ("new", AGAIN, AGAIN)
    known = again.finding("inactive_user", "sven.lund")
    assert (known["status"], known["first_seen"], known["last_seen"]) == ("open", W1, AGAIN)
    back = again.finding("integration_user_excess_permissions", "svc.mirror")
    assert (back["status"], back["first_seen"], back["reopened_at"]) == ("open", W1, AGAIN)
    gone = again.finding("integration_user_on_interactive_license", "o.brien.etl")
    assert (gone["status"], gone["last_seen"], gone["resolved_at"]) == ("resolved", W3, AGAIN)
