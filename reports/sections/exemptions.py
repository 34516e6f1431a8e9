"""What the policy accepts, and what in it needs a look: those that need a decision first."""

from reportlab.platypus import Flowable

from reports.palette import SEVERITY_COLORS
from reports.pdf import style
from reports.pdf.flowables import Chip
from reports.pdf.layout import Layout
from reports.wording import count, day, words
from spendready_pipeline.review.facts import Exemption, Review


def exemptions(review: Review, layout: Layout) -> list[Flowable]:
    """The policy's warnings and a row a waiver or justification; nothing where there is none of either."""
    if not review.exemptions and not review.policy_warnings:
        return []
    return [*_warnings(review, layout), *_accepted(review, layout)]


def _warnings(review: Review, layout: Layout) -> list[Flowable]:
    lead = f"{count(len(review.policy_warnings), 'thing')} to look at." if review.policy_warnings else ""
    return [
        *layout.section("Policy", "policy", lead),
        *(layout.text(f"•  {each.warning}.") for each in review.policy_warnings),
    ]


def _accepted(review: Review, layout: Layout) -> list[Flowable]:
    if not review.exemptions:
        return []
    waived = count(review.waived.total, "finding is", "findings are")
    lead = f"What the policy accepts, each until its last day; {waived} waived now."
    rows = [_row(each, layout) for each in review.exemptions]
    return [
        *layout.part("Waivers and justified permissions", "exemptions"),
        layout.text(lead, style.LEAD),
        layout.table(["State", "What", "For", "Reason", "Owner", "Ends"], rows, [54, 88, 118, 94, 98, 53]),
    ]


def _row(each: Exemption, layout: Layout) -> list[object]:
    if each.expired:
        chip = Chip("Expired", SEVERITY_COLORS["high"])
    elif each.covers == 0:
        chip = Chip("Matches none", style.CARE, filled=False)
    else:
        chip = Chip("In force", style.GOOD, filled=False)
    what = words(each.what) if each.kind == "waiver" else f"permission {each.what}"
    return [
        chip,
        what,
        layout.text(each.subject, style.CELL_SMALL, 108),
        each.reason or "–",
        layout.text(each.owner or "–", style.CELL_SMALL, 88),
        day(each.expires),
    ]
