"""What the company accepts for a time: waivers and justified permissions, those that need a decision first."""

from reportlab.platypus import Flowable

from reports import style
from reports.layout import Layout
from reports.pieces import Chip
from reports.wording import count, day, words
from spendready_pipeline.review.facts import Exemption, Review


def exemptions(review: Review, layout: Layout) -> list[Flowable]:
    """A row a waiver; nothing where the policy has none."""
    if not review.exemptions:
        return []
    lead = f"Accepted by the policy until a day; {count(review.waived.total, 'finding is', 'findings are')} waived now."
    rows = [_row(each) for each in review.exemptions]
    return [
        *layout.section("Waivers and justified permissions", "exemptions", lead),
        layout.table(["State", "What", "For", "Reason", "Owner", "Ends"], rows, [64, 96, 145, 92, 60, 50]),
    ]


def _row(each: Exemption) -> list[object]:
    if each.expired:
        chip = Chip("Expired", style.SEVERITY_COLORS["high"])
    elif not each.covers:
        chip = Chip("Matches none", style.CARE, filled=False)
    else:
        chip = Chip("In force", style.GOOD, filled=False)
    what = words(each.what) if each.kind == "waiver" else f"permission {each.what}"
    return [chip, what, each.subject, each.reason or "–", each.owner or "–", day(each.expires)]
