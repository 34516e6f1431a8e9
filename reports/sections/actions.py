"""What to do: a section for each audience, a block for each finding type, a group for each cause."""

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether

from reports.palette import COVERAGE_WORDS, coverage_chip, severity_chip
from reports.pdf import style
from reports.pdf.layout import Layout
from reports.sections.findings_table import common_steps, findings_table
from reports.wording import count, money, words
from spendready_pipeline.catalog.labels import TEAMS
from spendready_pipeline.review.facts import FindingType, Review

LEADS = {
    "security": "Access that an attacker or an auditor would find first.",
    "it": "Accounts and permissions that are wider than their task.",
    "revops": "Licences that are paid for and not used.",
}


def actions(review: Review, layout: Layout) -> list[Flowable]:
    """A section for each audience that has finding types."""
    story: list[Flowable] = []
    audiences = [*TEAMS, *sorted({each.who_acts for each in review.types} - set(TEAMS))]
    after_little = False
    for audience in audiences:
        types = [each for each in review.types if each.who_acts == audience]
        if types:
            story += _audience(audience, types, review, layout, after_little)
            after_little = not any(each.total for each in types)
    return story


def _audience(
    audience: str, types: list[FindingType], review: Review, layout: Layout, after_little: bool
) -> list[Flowable]:
    title = f"For {TEAMS.get(audience, words(audience))}"
    total = sum(each.total for each in types)
    lead = f"{LEADS.get(audience, '')} {_known(types)}".strip()
    story = layout.section(title, f"audience-{audience}", lead, new_page=bool(total) and not after_little)
    for each in types:
        if each.total or each.coverage == "not_evaluated":
            story += _block(each, review, layout)
    clean = [each for each in types if not each.total and each.coverage != "not_evaluated"]
    return story + (_nothing_found(clean, audience, layout) if clean else [])


def _known(types: list[FindingType]) -> str:
    """How much there is to act on; nothing is said of what was not evaluated, but that it was not."""
    total = sum(each.total for each in types)
    blind = sum(each.coverage == "not_evaluated" for each in types)
    partly = any(each.coverage == "partial" for each in types)
    if total:
        known = f"{count(total, 'finding')} to act on"
    elif blind == len(types):
        known = ""
    else:
        known = "Nothing found in what was seen" if blind or partly else "Nothing to act on"
    unseen = f"{count(blind, 'check')} not evaluated" if blind else ""
    return f"{'; '.join(filter(None, (known, unseen)))}."


def _block(finding_type: FindingType, review: Review, layout: Layout) -> list[Flowable]:
    opening: list[Flowable] = [layout.gap(10), _title(finding_type, layout), layout.gap(3)]
    if finding_type.coverage != "evaluated":
        opening.append(_gap_in_sight(finding_type, layout))
    if not finding_type.total:
        return [KeepTogether(opening)]
    common = common_steps(found for cause in finding_type.causes for found in cause.findings)
    opening += [
        layout.labelled("Why it matters.", finding_type.risk),
        layout.labelled("What to do.", f"{finding_type.remediation} {common}".strip()),
        layout.text(_facts(finding_type, review), style.SMALL),
        layout.gap(2),
    ]
    return [
        CondPageBreak(150),
        KeepTogether(opening),
        findings_table(finding_type, common, review, layout),
        *_left_out(finding_type, layout),
    ]


def _title(finding_type: FindingType, layout: Layout) -> Flowable:
    heading = layout.heading(finding_type.title, f"type-{finding_type.finding_type}", style.WIDTH - 160)
    known = count(finding_type.total, "finding")
    if finding_type.coverage == "not_evaluated":
        known = "Not evaluated"
    chip = severity_chip(finding_type.worst)
    beside = chip.width + 8
    return layout.row([chip, heading, layout.text(known, style.NUMBER)], [beside, style.WIDTH - beside - 90, 90])


def _gap_in_sight(finding_type: FindingType, layout: Layout) -> Flowable:
    """What could not be seen and what to grant to see it; a type that was not evaluated is never shown as zero."""
    said = [layout.labelled(f"{COVERAGE_WORDS[finding_type.coverage]}.", finding_type.reason or "", style.CELL)]
    if finding_type.coverage == "not_evaluated" and finding_type.total:
        said.append(
            layout.text(
                f"{count(finding_type.total, 'finding')} of earlier snapshots stand below as they were last seen.",
                style.CELL,
            )
        )
    if finding_type.coverage_remediation:
        said.append(layout.labelled("To see it, grant:", finding_type.coverage_remediation, style.CELL))
    return layout.callout(said)


def _facts(finding_type: FindingType, review: Review) -> str:
    new = sum(found.status == "new" for cause in finding_type.causes for found in cause.findings)
    facts = [
        ", ".join(f"{number:,} {severity}" for severity, number in finding_type.active.items() if number),
        f"{new} of those listed {'is' if new == 1 else 'are'} new" if new and review.snapshot.previous_at else "",
        f"{money(finding_type.annual_cost, review.currency)} a year" if finding_type.annual_cost else "",
        f"{finding_type.waived:,} waived" if finding_type.waived else "",
        f"evidence for {', '.join(finding_type.controls)}" if finding_type.controls else "",
        finding_type.finding_type,
    ]
    return "  ·  ".join(filter(None, facts))


def _left_out(finding_type: FindingType, layout: Layout) -> list[Flowable]:
    causes = finding_type.causes_total - len(finding_type.causes)
    if causes:
        return [layout.text(f"And {count(causes, 'more app')}: published/findings.csv has every one.", style.SMALL)]
    ungrouped = [cause for cause in finding_type.causes if cause.name is None]
    left_out = sum(cause.total - len(cause.findings) for cause in ungrouped)
    if not left_out:
        return []
    said = f"And {count(left_out, 'more finding')}, none of them more pressing: published/findings.csv has every one."
    return [layout.text(said, style.SMALL)]


def _nothing_found(types: list[FindingType], audience: str, layout: Layout) -> list[Flowable]:
    rows = []
    for each in types:
        found = "Nothing found" if each.coverage == "evaluated" else "Nothing found in what could be seen"
        waived = f"{each.waived:,} waived" if each.waived else ""
        why = [layout.text(", ".join(filter(None, (found, waived))), style.CELL, 220)]
        if each.coverage != "evaluated":
            why += [layout.text(each.reason or "", style.CELL_SMALL, 220)]
            if each.coverage_remediation:
                why.append(layout.labelled("To see it, grant:", each.coverage_remediation, style.CELL_SMALL, 220))
        chip = coverage_chip(each.coverage)
        rows.append([each.title, chip, why])
    heading = layout.part("Without findings", f"clean-{audience}")
    return [*heading, layout.table(["Check", "Coverage", "Result"], rows, [190, 85, 230])]
