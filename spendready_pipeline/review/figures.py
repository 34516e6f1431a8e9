"""The numbers of a review that are plotted from week to week, under names that stay."""

from spendready_pipeline.catalog.labels import SEVERITIES
from spendready_pipeline.review.facts import Review


def figures(review: Review) -> dict[str, int | float]:
    """What a review counts; no amount where nothing is priced."""
    counts: dict[str, int | float] = {
        **review.severities,
        "open": sum(review.severities.values()),
        "new": review.new.total,
        "fixed": review.resolved.total,
        "reopened": review.reopened.total,
        "waived": review.waived.total,
        "types not evaluated": sum(each.coverage == "not_evaluated" for each in review.types),
    }
    if review.money_at_stake is not None:
        counts["annual cost at stake"] = float(review.money_at_stake)
    return counts


def weeks(review: Review) -> list[dict[str, int | str]]:
    """The severities of each of the org's own weeks, oldest first."""
    return [
        {"week of": f"{each.snapshot_date}", **{name: getattr(each, name) for name in SEVERITIES}}
        for each in review.trend
    ]
