"""What the findings rest on: coverage, the data's quality, methods, controls, and the evidence that proves it."""

import re
from collections.abc import Mapping

from reportlab.platypus import Flowable

from reports.palette import coverage_chip
from reports.pdf import style
from reports.pdf.flowables import Chip
from reports.pdf.layout import Layout
from reports.wording import count, minute, words
from spendready_pipeline.review.facts import FindingType, Review

READ = {"read": "read whole", "short": "not whole", "own_rows": "own rows only", "hidden": "hidden", "failed": "failed"}
READ_COLORS = {"read": style.GOOD, "short": style.CARE, "own_rows": style.CARE}
LINES_OF_TITLES = 50
"""As many as all checks need."""
METHODS = (
    (
        "Now",
        "is the moment of the snapshot by the org's own clock. 'For N days' holds from exactly N times 24 hours on.",
    ),
    (
        "Integration users",
        "are recognised by the policy, their licence, an API-only permission or profile, or a name and behaviour that "
        "agree. A name or a behaviour alone makes a candidate, who is accused of nothing as a machine.",
    ),
    (
        "Severity",
        "is that of the check, raised one step where the user is active and holds a permission that controls the org.",
    ),
    (
        "Coverage",
        "says how far a check could be judged. One that was not evaluated has no result, and none of its earlier "
        "findings is taken for fixed; one that was partly evaluated says nothing by finding nothing.",
    ),
    (
        "Money",
        "is what the licences concerned cost a year at the price in force, each licence counted once in the total, "
        "however many findings its user has. A total may be less than the sum of its checks for that reason.",
    ),
)


def appendix(review: Review, layout: Layout) -> list[Flowable]:
    """The five parts, each under its own heading."""
    return [
        *layout.section("Appendix", "appendix", new_page=True),
        *_coverage(review, layout),
        *_quality(review, layout),
        *_methods(review, layout),
        *_controls(review, layout),
        *_evidence(review, layout),
    ]


def _coverage(review: Review, layout: Layout) -> list[Flowable]:
    rows = [_coverage_row(each, layout) for each in review.types]
    objects = [
        [
            each.object,
            Chip(READ.get(each.status, each.status), READ_COLORS.get(each.status, style.PALE), filled=False),
            count(each.rows_read),
            count(each.count_after if each.count_after is not None else each.count_before),
            layout.text(each.reason or "", style.CELL_SMALL, 184),
        ]
        for each in review.objects
    ]
    return [
        *layout.part("Coverage: what this login could see", "coverage"),
        layout.table(
            ["Check", "Coverage", "What is missing, or to be known", "To see it, grant"], rows, [150, 82, 170, 105]
        ),
        *layout.subheading("What was read"),
        layout.table(
            ["Salesforce object", "Read", "Rows", "The org counts", "Why not"], objects, [125, 70, 55, 62, 195], (2, 3)
        ),
    ]


def _coverage_row(each: FindingType, layout: Layout) -> list[object]:
    return [
        [layout.text(each.title, style.CELL, 139), layout.text(each.finding_type, style.CELL_SMALL, 139)],
        coverage_chip(each.coverage),
        layout.text(each.reason or "nothing", style.CELL_SMALL, 159),
        layout.text(each.coverage_remediation or "–", style.CELL_SMALL, 94),
    ]


def _quality(review: Review, layout: Layout) -> list[Flowable]:
    heading = layout.part("Quality of the data", "quality")
    if not review.warnings:
        return [*heading, layout.text("Every rule for the data that Salesforce sent held.")]
    rows = [[each.object, words(each.check_name), each.detail or ""] for each in review.warnings]
    said = "Rules for the data that did not hold. They did not stop the audit; read what rests on it with care."
    return [*heading, layout.text(said), layout.table(["Object", "Rule", "What was seen"], rows, [110, 190, 207])]


def _methods(review: Review, layout: Layout) -> list[Flowable]:
    users = {name: [each.title for each in review.types if name in each.thresholds] for name in review.thresholds}
    thresholds = [
        [words(name), count(value), layout.text("; ".join(users[name]) or "–", style.CELL_SMALL, 270)]
        for name, value in review.thresholds.items()
    ]
    checks = [
        [each.title, layout.text(_with_thresholds(each.description, review.thresholds), style.CELL_SMALL, 325)]
        for each in review.types
    ]
    return [
        *layout.part("Methods and thresholds", "methods"),
        *(layout.labelled(f"{word}", text) for word, text in METHODS),
        *layout.subheading("Thresholds in force"),
        layout.table(["Threshold", "Value", "Used by"], thresholds, [165, 55, 287], numbers=(1,)),
        *layout.subheading("What each check looks for"),
        layout.table(["Check", "Raised by"], checks, [165, 342]),
    ]


def _with_thresholds(text: str, thresholds: Mapping[str, int]) -> str:
    """A description with the values of this snapshot's policy: `30 days` for `login_window_days`."""
    for name, value in thresholds.items():
        said = count(value, "day") if name.endswith("_days") else f"{count(value)} ({name})"
        text = re.sub(rf"(?<!\w){name}(?!\w)", said, text)
    return text


def _controls(review: Review, layout: Layout) -> list[Flowable]:
    rows = []
    for control in review.controls:
        checks = [each for each in review.types if control.control_id in each.controls]
        seen = [each for each in checks if each.coverage != "not_evaluated"]
        partly = sum(each.coverage == "partial" for each in seen)
        only = f", {count(partly)} of them only partly" if partly else ""
        found = sum(each.total for each in seen)
        result = f"{count(len(seen))} of {count(len(checks), 'check')} evaluated{only}; {count(found, 'finding')}"
        rows.append(
            [
                [
                    layout.text(control.control_id, style.CELL_BOLD, 89),
                    layout.text(control.framework, style.CELL_SMALL, 89),
                ],
                layout.text(control.wording, style.CELL_SMALL, 149),
                layout.text("; ".join(each.title for each in checks), style.CELL_SMALL, 139, LINES_OF_TITLES),
                result if seen else "Not evaluated",
            ]
        )
    said = (
        "Evidence of this snapshot, mapped to the criteria that it speaks to. It is no opinion on whether a criterion "
        "is met, and covers what the checks look at alone. Criteria are given in our own words."
    )
    table = (
        [layout.table(["Criterion", "In our words", "Checks", "This snapshot"], rows, [100, 160, 150, 97])]
        if rows
        else []
    )
    return [
        *layout.part("Controls: evidence mapped to criteria", "controls"),
        layout.text(said),
        *table,
    ]


def _evidence(review: Review, layout: Layout) -> list[Flowable]:
    seen = review.snapshot
    clock = "the org's own" if seen.clock_source == "org" else "this machine's, since the org told none"
    facts = (
        ("Snapshot", f"{minute(seen.snapshot_at)}, by a clock that was {clock}"),
        ("Before it", minute(seen.previous_at) if seen.previous_at else "none"),
        ("Read by", f"{seen.reader_username}, read-only, API {seen.api_version}, {count(seen.api_calls, 'call')}"),
        ("Run", seen.run_id),
        ("Evidence", f"evidence/{seen.evidence_folder}: what Salesforce sent, byte for byte"),
        ("SHA-256 of its manifest", seen.manifest_sha256),
    )
    said = (
        "The manifest has the hash of every page and of the manifest before it. "
        "The command spendready verify proves both."
    )
    return [
        *layout.part("Evidence", "evidence"),
        layout.text(said),
        layout.table([], [[layout.text(name, style.CELL_BOLD, 100), value] for name, value in facts], [115, 392]),
    ]
