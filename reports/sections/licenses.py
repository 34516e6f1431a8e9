"""What the org pays for, and what of it is assigned."""

from reportlab.platypus import Flowable

from reports.pdf import style
from reports.pdf.flowables import Bar
from reports.pdf.layout import FOR_A_SENTENCE, Layout
from reports.wording import count, day, money
from spendready_pipeline.review.facts import License, Review

KINDS = {"user_license": "user licence", "permission_set_license": "permission set licence"}
UNLIMITED = "no limit"
"""What Salesforce says with a negative number of seats."""


def licenses(review: Review, layout: Layout) -> list[Flowable]:
    """Seats and prices, the dearest idle seats first, and where the prices come from."""
    if not review.licenses:
        return layout.section("Licence usage", "licenses", "No licence could be read.", room=FOR_A_SENTENCE)
    story: list[Flowable] = layout.section("Licence usage", "licenses")
    total = count(review.licenses_total, "licence")
    first = ", those with the dearest unassigned seats first" if review.licenses_total > 1 else ""
    lead = f"{total}{first}. Amounts are a year's."
    rows = [_row(each, review, layout) for each in review.licenses]
    head = ["Licence", "In use", "Used", "Seats", "Unassigned", "Price of a seat", "Cost of unassigned"]
    story += [
        layout.text(lead, style.LEAD),
        layout.table(head, rows, [174, 72, 38, 42, 50, 60, 69], numbers=(2, 3, 4, 5, 6)),
    ]
    left_out = review.licenses_total - len(rows)
    if left_out:
        story.append(layout.text(f"And {left_out:,} more: the table license_usage has every one.", style.SMALL))
    return story + _sources(review, layout)


def _row(each: License, review: Review, layout: Layout) -> list[object]:
    kind = KINDS.get(each.license_kind, each.license_kind)
    total, used = each.total_seats, each.used_seats or 0
    over = _over(each, review)
    return [
        [
            layout.text(each.license_name or each.license_key or "–", style.CELL_BOLD, 164),
            layout.text(f"{kind} {each.license_key or ''}".strip(), style.CELL_SMALL, 164),
            *([layout.text(over, style.CARE_SMALL, 164)] if over else []),
        ],
        [layout.gap(3), Bar([(min(used, total), style.ACCENT), (max(total - used, 0), style.LINE)], 66, 5)]
        if total
        else "",
        count(each.used_seats),
        UNLIMITED if total is None else count(total),
        count(each.unassigned_seats),
        money(each.unit_price, review.currency),
        money(each.unassigned_annual_cost, review.currency),
    ]


def _over(each: License, review: Review) -> str:
    """Why unassigned seats of it cost nothing, though it may have a price."""
    if each.expires_on is not None and each.expires_on < review.snapshot_at.date():
        return f"ended on {day(each.expires_on)}"
    status = each.status or "Active"
    return "" if status == "Active" else status.lower()


def _sources(review: Review, layout: Layout) -> list[Flowable]:
    if review.snapshot.is_sandbox:
        return [layout.gap(4), layout.text("No price is in force in a sandbox.", style.SMALL)]
    sources: dict[str, list[str]] = {}
    for each in review.licenses:
        if each.unit_price is not None:
            sources.setdefault(each.price_source or "unknown", []).append(each.license_name or each.license_key or "–")
    if not sources:
        return [layout.gap(4), layout.text("No licence has a price; prices are kept in spendready.yml.", style.SMALL)]
    said = {"policy": "your own, in spendready.yml"}
    return [
        *layout.subheading("Where the prices come from"),
        *(
            layout.labelled(f"{', '.join(names)}:", said.get(source, f"{source}; before any discount"), style.SMALL)
            for source, names in sorted(sources.items())
        ),
    ]
