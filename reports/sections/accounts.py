"""The accounts of machines, why they are taken for such, and those that a person should confirm."""

from reportlab.platypus import Flowable

from reports.pdf import style
from reports.pdf.flowables import Chip
from reports.pdf.layout import FOR_A_SENTENCE, Layout
from reports.wording import count, day
from spendready_pipeline.review.facts import Accounts, IntegrationUser, Review

REASONS = {
    "policy_exclude": "excluded by the policy",
    "policy_username": "named in the policy",
    "policy_pattern": "pattern of the policy",
    "integration_license": "integration licence",
    "api_only_permission": "API-only permission",
    "integration_psl": "API integration permission set licence",
    "integration_profile": "API-only profile",
    "name_and_behavior": "name and use of a machine",
    "name_only": "name of a machine",
    "behavior_only": "use as by a machine",
}
CONFIDENCE_COLORS = {"declared": style.ACCENT, "certain": style.ACCENT, "likely": style.CARE, "possible": style.PALE}


def accounts(review: Review, layout: Layout) -> list[Flowable]:
    """The inventory, and the candidates to confirm."""
    found = review.integration_users
    lead = f"{count(found.total, 'account')} that a machine uses, each with the reason why it is taken for one."
    if found.total:
        story = [*layout.section("Integration users", "integration-users", lead), *_listed(found, layout)]
    else:
        said = "None was recognised."
        story = layout.section("Integration users", "integration-users", said, room=FOR_A_SENTENCE)
    if review.candidates.total:
        note = (
            f"{count(review.candidates.total, 'account')} that might be used by a machine. They are not judged as one. "
            "Name each in spendready.yml, under integration_users: usernames if it is one, exclude if it is a person."
        )
        story += [
            *layout.part("Candidates to confirm", "candidates"),
            layout.text(note, style.LEAD),
            *_listed(review.candidates, layout),
        ]
    return story


def _listed(found: Accounts, layout: Layout) -> list[Flowable]:
    rows = [_row(each, layout) for each in found.listed]
    head = ["Account", "Confidence", "Why", "Profile and licence", "Last activity"]
    story: list[Flowable] = [layout.table(head, rows, [132, 54, 152, 112, 55])]
    left_out = found.total - len(rows)
    if left_out:
        said = f"And {left_out:,} more: the table integration_users of published/findings.duckdb has every one."
        story.append(layout.text(said, style.SMALL))
    return story


def _row(user: IntegrationUser, layout: Layout) -> list[object]:
    who = [
        layout.text(user.name or user.username, style.CELL_BOLD, 122),
        layout.text(user.username, style.CELL_SMALL, 122),
    ]
    if not user.is_active:
        who.append(layout.text("deactivated", style.CELL_SMALL))
    return [
        who,
        Chip(user.confidence, CONFIDENCE_COLORS.get(user.confidence, style.PALE), filled=False),
        layout.text(", ".join(REASONS.get(each, each) for each in user.reasons), style.CELL_SMALL, 142),
        [
            layout.text(user.profile_name or "–", style.CELL_SMALL, 102),
            layout.text(user.license_name or "–", style.CELL_SMALL, 102),
        ],
        day(user.last_activity_at) if user.last_activity_at else "none seen",
    ]
