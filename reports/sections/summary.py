"""Page one: what a person knows who reads nothing else."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from reportlab.platypus import Flowable

from reports.palette import COVERAGE_COLORS, SEVERITY_COLORS, severity_chip
from reports.pdf import style
from reports.pdf.flowables import Bar, Chip
from reports.pdf.layout import MOST_LINES_OF_A_NAME, Layout
from reports.trend import small_trend
from reports.wording import count, day, minute, money, tokens_of_users, words
from spendready_pipeline.catalog.labels import SEVERITIES, TEAMS
from spendready_pipeline.review.facts import Change, FindingType, Review

MOST_ACTS = 12
FIRST_ACTS_OF_A_TYPE = 3
NAMED_CHANGES = 2
LINES_OF_A_CHANGE = 8
WEEKS_IN_A_CARD = 13
CARD_WIDTH = (style.WIDTH - 16) / 3 - 16
"""What a card of three in a row has for its text."""


def summary(review: Review, layout: Layout) -> list[Flowable]:
    """The verdict, the figures behind it, what changed, and what to do first: as much as the page holds."""
    story = [*_masthead(review, layout), layout.text(verdict(review), style.VERDICT), layout.gap(12)]
    story += [_severities(review, layout), layout.gap(8), _figures(review, layout)]
    if review.snapshot.previous_at is not None:
        story += [layout.gap(8), _changes(review, layout)]
    story += _grants(review, layout)
    audiences = [layout.gap(12), _who_acts(review, layout)] if review.types else []
    acts = _acts_of(review)
    return next(
        page
        for listed in range(min(MOST_ACTS, len(acts)), -1, -1)
        if (page := [*story, *_first_acts(acts[:listed], layout), *audiences]) and (_fits(page) or not listed)
    )


def _fits(page: list[Flowable]) -> bool:
    height = sum(each.wrap(style.WIDTH, style.PAGE_HEIGHT)[1] + each.getSpaceAfter() for each in page)
    return bool(height + 8 <= style.PAGE_HEIGHT - style.TOP - style.BOTTOM)


def verdict(review: Review) -> str:
    """The week in a sentence or two; never better than what could be seen."""
    total = sum(review.severities.values())
    blind = sum(each.coverage == "not_evaluated" for each in review.types)
    partly = sum(each.coverage == "partial" for each in review.types)
    if not total:
        return _verdict_without_findings(len(review.types), blind, partly)
    worst = next(each for each in SEVERITIES if review.severities[each])
    said = [_needing_action(total, review.severities[worst], worst)]
    if review.snapshot.previous_at is None:
        said.append("This is the first review of this org.")
    else:
        said.append(f"Since {day(review.snapshot.previous_at)}: {_changes_in_words(review)}.")
    if review.money_at_stake:
        said.append(f"{money(review.money_at_stake, review.currency)} a year is at stake at renewal.")
    if blind:
        said.append(f"{count(blind, 'check')} could not be evaluated, so there may be more.")
    return " ".join(said)


def _needing_action(total: int, of_the_worst: int, worst: str) -> str:
    if total == 1:
        return f"1 finding needs action; its severity is {worst}."
    share = "all" if of_the_worst == total else count(of_the_worst)
    return f"{count(total)} findings need action, {share} of them {worst}."


def _verdict_without_findings(types: int, blind: int, partly: int) -> str:
    if blind == types:
        return "Nothing could be judged: this login may read too little of the org."
    if blind or partly:
        return (
            "Nothing was found in what this login could see, and that is not everything: "
            f"of {count(types, 'check')} {blind} could not be evaluated and {partly} only partly."
        )
    return f"Nothing needs action: all {types} checks were evaluated, and none of them found anything."


def _changes_in_words(review: Review) -> str:
    changes = [(review.new.total, "new"), (review.resolved.total, "fixed"), (review.reopened.total, "reopened")]
    return ", ".join(f"{count(number)} {word}" for number, word in changes if number) or "nothing changed"


def _masthead(review: Review, layout: Layout) -> list[Flowable]:
    snapshot = review.snapshot
    year, week, _ = snapshot.snapshot_at.isocalendar()
    title: Flowable = layout.text(snapshot.org_name, style.TITLE, lines=3)
    if snapshot.is_sandbox:
        chip = Chip("Sandbox", style.ACCENT, filled=False)
        title = layout.row([title, chip], [style.WIDTH - 60, 60])
    about = [
        f"Salesforce org {snapshot.org_id}".strip(),
        snapshot.edition,
        snapshot.instance_url.removeprefix("https://"),
        f"seen on {minute(snapshot.snapshot_at)}",
    ]
    return [
        layout.text(f"WEEKLY ACCESS AND LICENCE REVIEW  ·  WEEK {week}, {year}", style.LABEL),
        layout.gap(3),
        title,
        layout.gap(3),
        layout.text("  ·  ".join(filter(None, about)), style.SMALL),
        layout.gap(14),
    ]


def _severities(review: Review, layout: Layout) -> Flowable:
    cards = [_severity_card(each, review, layout) for each in SEVERITIES]
    return layout.cards(cards, [SEVERITY_COLORS[each] for each in SEVERITIES])


def _severity_card(severity: str, review: Review, layout: Layout) -> list[Flowable]:
    number = review.severities[severity]
    types = [each for each in review.types if each.severity == severity]
    unknown = not number and types and all(each.coverage == "not_evaluated" for each in types)
    card: list[Flowable] = [
        layout.text("–" if unknown else count(number), style.FIGURE),
        layout.text(severity.upper(), style.LABEL),
    ]
    every_new_one_is_here = review.new.total == len(review.new.findings)
    if review.snapshot.previous_at is not None and every_new_one_is_here and not unknown:
        new = sum(found.severity == severity for found in review.new.findings)
        card.append(layout.text(f"{new} new", style.SMALL))
    return [*card, *_not_evaluated(types, layout)]


def _figures(review: Review, layout: Layout) -> Flowable:
    return layout.cards([_weeks(review, layout), _money(review, layout), _coverage(review, layout)], [style.LINE] * 3)


def _weeks(review: Review, layout: Layout) -> list[Flowable]:
    if len(review.trend) < 2:
        return [
            layout.text("WHAT CHANGED", style.LABEL),
            layout.gap(4),
            layout.text("First review", style.HEADING),
            layout.text("New, fixed and reopened findings are listed from next week on.", style.SMALL, CARD_WIDTH),
        ]
    return [
        layout.text("NEEDED ACTION, WEEK BY WEEK", style.LABEL),
        layout.gap(2),
        small_trend(review.trend[-WEEKS_IN_A_CARD:], CARD_WIDTH, 42),
    ]


def _changes(review: Review, layout: Layout) -> Flowable:
    """New, fixed and reopened by name, as far as a card holds."""
    since = day(review.snapshot.previous_at).upper()
    kinds = (
        ("NEW", review.new, style.CARE),
        ("FIXED", review.resolved, style.GOOD),
        ("REOPENED", review.reopened, style.CARE),
    )
    cards = [_change(f"{word} SINCE {since}", change, layout) for word, change, _ in kinds]
    return layout.cards(cards, [color if change.total else style.LINE for _, change, color in kinds])


def _change(label: str, change: Change, layout: Layout) -> list[Flowable]:
    named = change.findings[:NAMED_CHANGES]
    card: list[Flowable] = [layout.text(label, style.LABEL), layout.text(count(change.total), style.CARD_FIGURE)]
    for found in named:
        card += [
            layout.gap(2),
            layout.text(found.summary, style.CELL_SMALL, CARD_WIDTH, LINES_OF_A_CHANGE),
        ]
    if change.total > len(named):
        card.append(layout.text(f"and {change.total - len(named):,} more", style.CELL_SMALL))
    return card


def _money(review: Review, layout: Layout) -> list[Flowable]:
    pieces: list[Flowable] = [layout.text("AT STAKE AT RENEWAL", style.LABEL), layout.gap(4)]
    if review.money_at_stake is None:
        why = (
            "No price is in force in a sandbox."
            if review.snapshot.is_sandbox
            else "Nothing that was found has a price; prices are kept in spendready.yml."
        )
        return [*pieces, layout.text("No amount", style.HEADING), layout.text(why, style.SMALL)]
    return [
        *pieces,
        layout.text(money(review.money_at_stake, review.currency), style.HEADING),
        layout.text("a year, each licence counted once", style.SMALL),
    ]


def _coverage(review: Review, layout: Layout) -> list[Flowable]:
    numbers = {status: sum(each.coverage == status for each in review.types) for status in COVERAGE_COLORS}
    less = [
        f"{numbers[status]} {how}"
        for status, how in (("partial", "partly"), ("not_evaluated", "not"))
        if numbers[status]
    ]
    return [
        layout.text("WHAT THIS LOGIN COULD SEE", style.LABEL),
        layout.gap(4),
        layout.text(f"{numbers['evaluated']} of {count(len(review.types), 'check')}", style.HEADING),
        layout.text("; ".join(filter(None, ("evaluated whole", ", ".join(less)))), style.SMALL),
        layout.gap(5),
        Bar([(number, COVERAGE_COLORS[status]) for status, number in numbers.items()], CARD_WIDTH),
    ]


def _grants(review: Review, layout: Layout) -> list[Flowable]:
    """Which permissions would show more, those that open the most first."""
    if not review.grants:
        return []
    lines = [
        layout.text(f"{each.permission}: {count(each.checks, 'more check')}", style.CELL) for each in review.grants
    ]
    return [layout.gap(8), layout.callout([layout.text("GRANT THE AUDIT USER, TO SEE MORE", style.LABEL), *lines])]


def _acts_of(review: Review) -> list["_Act"]:
    """What to do, most pressing first; no type takes the whole list."""
    acts = (act for each in review.types for act in list(_acts(each))[:FIRST_ACTS_OF_A_TYPE])
    return sorted(acts, key=lambda act: (SEVERITIES.index(act.severity), -act.findings))


def _first_acts(acts: list["_Act"], layout: Layout) -> list[Flowable]:
    if not acts:
        return []
    rows = [
        [
            severity_chip(act.severity),
            [
                layout.text(act.what, style.CELL, 310, MOST_LINES_OF_A_NAME),
                layout.text(act.check, style.CELL_SMALL, 310),
            ],
            TEAMS.get(act.who_acts, words(act.who_acts)),
            day(act.since),
        ]
        for act in acts
    ]
    return [
        layout.gap(4),
        layout.text("Act on these first", style.SUBHEADING),
        layout.table(["Severity", "What was found", "Who acts", "Since"], rows, [54, 323, 60, 70]),
    ]


class _Act(NamedTuple):
    """What one person can do at once."""

    severity: str
    findings: int
    what: str
    check: str
    who_acts: str
    since: datetime


def _acts(finding_type: FindingType) -> Iterator[_Act]:
    """A cause with all its findings, or a finding by itself; the worst first."""
    title, audience = finding_type.title, finding_type.who_acts
    for cause in finding_type.causes:
        if cause.name is not None and cause.total > 1:
            what = f"{cause.name}: {tokens_of_users(cause.total, cause.users)}"
            yield _Act(cause.severity, cause.total, what, title, audience, cause.first_seen)
            continue
        for found in cause.findings:
            yield _Act(found.severity, 1, found.summary, title, audience, found.first_seen)


def _who_acts(review: Review, layout: Layout) -> Flowable:
    audiences = [each for each in TEAMS if any(found.who_acts == each for found in review.types)]
    return layout.cards([_audience(each, review, layout) for each in audiences], [style.ACCENT] * len(audiences))


def _audience(audience: str, review: Review, layout: Layout) -> list[Flowable]:
    types = [each for each in review.types if each.who_acts == audience]
    active = {severity: sum(each.active[severity] for each in types) for severity in SEVERITIES}
    card = [layout.link(f"For {TEAMS[audience]}", f"audience-{audience}", style.HEADING)]
    if any(active.values()):
        said = ", ".join(f"{number:,} {severity}" for severity, number in active.items() if number)
        card += [layout.text(count(sum(active.values()), "finding"), style.CELL_BOLD), layout.text(said, style.SMALL)]
    elif any(each.coverage != "not_evaluated" for each in types):
        whole = all(each.coverage == "evaluated" for each in types)
        said = "Nothing to act on" if whole else "Nothing found in what was seen"
        card.append(layout.text(said, style.CELL_BOLD))
    return [*card, *_not_evaluated(types, layout)]


def _not_evaluated(types: list[FindingType], layout: Layout) -> list[Flowable]:
    """What keeps a number beside it from being read as all there is."""
    blind = sum(each.coverage == "not_evaluated" for each in types)
    return [layout.text(f"{count(blind, 'check')} not evaluated", style.CARE_SMALL)] if blind else []
