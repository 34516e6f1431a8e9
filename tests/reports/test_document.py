"""The document says what the review says, all of it and nothing better, in a form that people can use."""

import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from reportlab.platypus import Flowable, Paragraph, Table

from reports import build
from reports.pdf import style
from reports.pdf.layout import Layout
from reports.sections.accounts import accounts
from reports.sections.licenses import licenses
from spendready_pipeline.review import Review
from tests.reports.conftest import Document, ReviewOf, squeezed
from tests.review.warehouses import A_WEEK, SNAPSHOT_AT, TYPES, finding

DocumentOf = Callable[..., Document]
NOT_EVALUATED = ("not_evaluated", "OauthToken shows the reader's own rows alone.", "Customize Application")


def a_week() -> list[dict[str, Any]]:
    """Findings of several types, statuses and audiences."""
    return [
        finding("integration_user_interactive_login", 1, severity="critical", status="new", first_seen=SNAPSHOT_AT),
        finding("integration_user_ui_session", 2, reopened_at=SNAPSHOT_AT, evidence={"source_ips": ["203.0.113.7"]}),
        *(finding("stale_oauth_token", 10 + n, app_name="Data Loader") for n in range(9)),
        *(finding("inactive_user", 30 + n, annual_cost=2100, currency="USD") for n in range(3)),
        finding("never_used_oauth_token", 40, status="waived", waived_until=SNAPSHOT_AT + A_WEEK),
        finding("inactive_user", 50, status="resolved", resolved_at=SNAPSHOT_AT),
    ]


def test_every_listed_finding_is_there_with_what_to_do(document_of: DocumentOf) -> None:
    findings = a_week()
    document = document_of(findings, snapshots=2)
    for found in findings:
        if found["finding_type"] in ("inactive_user", "integration_user_ui_session") and found["status"] == "open":
            assert f"Is a finding of {found['finding_type']}" in document
            assert found["username"] in document
    inactive = next(each for each in findings if each["finding_type"] == "inactive_user")
    assert f"What to do. {inactive['remediation']}" in document, "what is the same for all is printed once"
    assert "Do:" not in document
    assert "Source IPs: 203.0.113.7" in document


def test_tokens_that_name_no_user_are_told_as_such(document_of: DocumentOf) -> None:
    nobody: dict[str, None] = {"user_id": None, "username": None}
    findings = [finding("stale_oauth_token", number, **nobody, app_name="Data Loader") for number in range(3)]
    document = document_of(findings)
    assert "Data Loader 3 tokens of users that are not named, first seen" in document
    assert "of 0 users" not in document


def test_page_one_says_the_week(review_of: ReviewOf) -> None:
    page = Document(build(review_of(a_week(), snapshots=2))).pages[0]
    for said in (
        "Acme GmbH & Co. KG",
        "WEEK 48, 2026",
        "23 Nov 2026, 06:00 UTC",
        "14 findings need action, 1 of them critical.",
        "Since 16 Nov 2026: 1 new, 1 fixed, 1 reopened.",
        "6,300 USD a year is at stake at renewal.",
        "6 of 6 checks",
        "Data Loader: 9 tokens of 9 users",
    ):
        assert squeezed(said) in page


@pytest.mark.parametrize(
    ("findings", "coverage", "said"),
    [
        pytest.param([], {}, "Nothing needs action: all 6 checks were evaluated", id="clean"),
        pytest.param(
            [], {each["finding_type"]: NOT_EVALUATED for each in TYPES}, "Nothing could be judged", id="blind"
        ),
        pytest.param([], {"inactive_user": ("partial", "r", "c")}, "that is not everything", id="partly-clean"),
        pytest.param(
            [finding("inactive_user", 1)],
            {"stale_oauth_token": NOT_EVALUATED},
            "1 finding needs action; its severity is low. This is the first review of this org. "
            "1 check could not be evaluated, so there may be more.",
            id="partly-found",
        ),
    ],
)
def test_the_verdict_is_never_better_than_what_could_be_seen(
    document_of: DocumentOf, findings: list[Any], coverage: dict[str, Any], said: str
) -> None:
    assert squeezed(said) in document_of(findings, coverage=coverage).pages[0]


def test_page_one_names_the_permissions_to_grant_the_most_useful_first(document_of: DocumentOf) -> None:
    coverage = {each["finding_type"]: ("partial", "r", "Manage Users") for each in TYPES[:2]}
    coverage |= {TYPES[2]["finding_type"]: ("not_evaluated", "r", "View All Users; Manage Users")}
    page = document_of(a_week(), coverage=coverage).pages[0]
    assert (
        squeezed("GRANT THE AUDIT USER, TO SEE MORE Manage Users: 3 more checks View All Users: 1 more check") in page
    )
    assert squeezed("GRANT THE AUDIT USER") not in document_of(a_week()).pages[0]


def test_a_check_that_was_not_evaluated_is_never_a_zero(document_of: DocumentOf) -> None:
    coverage = {each["finding_type"]: NOT_EVALUATED for each in TYPES if each["who_acts"] == "security"}
    document = document_of(coverage=coverage)
    assert "To see it, grant: Customize Application" in document
    row = squeezed("Interactive logins as integration users Security NOT EVALUATED")
    assert f"{row}––" in document.text
    assert "Access that an attacker or an auditor would find first. 4 checks not evaluated." in document
    high = document_of(coverage=coverage, snapshots=2).pages[0]
    assert squeezed("– HIGH 2 checks not evaluated") in high, "nor are there 0 new ones"
    assert squeezed("For Security 4 checks not evaluated") in document.pages[0]
    assert squeezed("– HIGH 2 checks not evaluated") in document.pages[0]
    assert squeezed("0 MEDIUM 2 checks not evaluated") in document.pages[0], "another check of that severity was judged"
    assert "Interactive logins as integration users Evaluated" not in document


def test_one_app_is_one_block(document_of: DocumentOf) -> None:
    document = document_of([finding("stale_oauth_token", n, app_name="Data Loader") for n in range(400)])
    assert "Data Loader 400 tokens of 400 users" in document
    assert "and 394 more of this app: published/findings.csv has every one" in document
    assert len(document.pages) < 12


def test_the_same_review_gives_the_same_bytes(review_of: ReviewOf) -> None:
    review = review_of([*a_week(), finding("inactive_user", 60, subject_name="मुंबई 👩‍💻 محمد")])
    first = build(review)
    # Glyphs of another document must leave no trace in this one.
    build(review_of([finding("inactive_user", 61, subject_name="हिन्दी கோ 😀 سلام")]))
    assert build(review) == first


def test_other_processes_give_the_same_bytes(review_of: ReviewOf, tmp_path: Path) -> None:
    review = tmp_path / "review.pickle"
    review.write_bytes(pickle.dumps(review_of(a_week(), snapshots=2)))
    script = (
        "import pickle, sys; from reports import build; sys.stdout.buffer.write(build(pickle.load(sys.stdin.buffer)))"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            input=review.read_bytes(),
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert first.startswith(b"%PDF")
    assert first == second


def test_the_text_has_every_count_and_subject_of_the_tables(document_of: DocumentOf) -> None:
    findings = [
        finding(each["finding_type"], 100 * place + n, app_name=f"App {n % 3}", username=f"u{place}-{n}@acme.example")
        for place, each in enumerate(TYPES)
        for n in range(5 + place)
    ]
    document = document_of(findings)
    assert f"{len(findings)} findings need action" in document
    for place, each in enumerate(TYPES):
        assert f"{each['title']}{5 + place} findings Why it matters." in document
    for found in findings:
        assert found["username"] in document


def test_every_page_is_numbered(document_of: DocumentOf) -> None:
    document = document_of(a_week())
    for number, page in enumerate(document.pages, start=1):
        assert f"Page{number}of{len(document.pages)}" in page


def test_contents_and_outline_lead_to_the_headings(document_of: DocumentOf) -> None:
    document = document_of(a_week(), snapshots=2)
    titles = {document.reader.get_destination_page_number(each): each.title for each in _flat(document.reader.outline)}
    assert len(titles) > 3
    for each in _flat(document.reader.outline):
        number = document.reader.get_destination_page_number(each)
        assert squeezed(each.title) in document.pages[number]
        if each.title != "Contents":
            assert squeezed(f"{each.title}{number + 1}") in document.pages[1], "the contents tell its page"


def _flat(outline: list[Any]) -> list[Any]:
    return [entry for each in outline for entry in (_flat(each) if isinstance(each, list) else [each])]


def test_metadata_names_the_document(document_of: DocumentOf) -> None:
    reader = document_of().reader
    assert reader.metadata is not None
    assert reader.metadata.title == "Acme GmbH & Co. KG: access and licence review of 23 Nov 2026"
    assert reader.metadata.author == "SpendReady"
    assert reader.metadata.creation_date == SNAPSHOT_AT
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_heads_are_repeated_and_rows_stay_whole(document_of: DocumentOf) -> None:
    findings = [
        finding("inactive_user", n, subject_name=f"Person <{n:03}>", detail=f"Told <{n:03}>") for n in range(70)
    ]
    document = document_of(findings)
    pages = [page for page in document.pages[2:] if "Told<" in page]
    assert len(pages) > 3
    for page in pages:
        assert squeezed("Severity Who What was found Since") in page
        assert re.findall(r"Person<(\d+)>", page) == re.findall(r"Told<(\d+)>", page)


def test_a_long_name_without_blanks_is_printed_whole(document_of: DocumentOf) -> None:
    name = "".join(f"{n:03}" for n in range(100))
    document = document_of([finding("stale_oauth_token", 1, app_name=name)])
    assert len(name) == 300
    assert name in document


def test_the_first_review_has_no_trend_and_says_so(document_of: DocumentOf) -> None:
    document = document_of([finding("inactive_user", 1, status="new")])
    assert "a trend needs two" in document
    assert "First review" in document


def test_a_page_is_not_left_blank_for_a_sentence(document_of: DocumentOf) -> None:
    logins = [finding("integration_user_interactive_login", n, status="new") for n in range(16)]
    document = document_of([*logins, finding("inactive_user", 20, status="new")])
    assert squeezed("What changed This is the first review") in document.pages[1], "below the contents and all checks"
    it, revops = (
        next(number for number, page in enumerate(document.pages[2:]) if squeezed(lead) in page)
        for lead in ("wider than their task. Nothing to act on.", "paid for and not used. 1 finding to act on.")
    )
    assert it == revops
    assert squeezed("No licence could be read.") in document.pages[2 + revops]
    assert len(document.pages) == 6


def test_counts_are_in_the_right_number(document_of: DocumentOf) -> None:
    types = [{**each, "controls": []} for each in TYPES]
    document = document_of([finding("inactive_user", 1, status="new")], snapshots=2, finding_types=types)
    assert "1 low · 1 of those listed is new · inactive_user" in document, "evidence for nothing is not said"


def test_what_else_changed_is_said_where_the_numbers_do_not_add_up(document_of: DocumentOf) -> None:
    then = (SNAPSHOT_AT - A_WEEK).date()
    kept, ended = finding("inactive_user", 1), finding("inactive_user", 2)
    waived = [(then, kept), (then, {**ended, "status": "waived"})]
    document = document_of([kept, ended], earlier=waived, snapshots=2)
    said = "From 1 on 16 Nov 2026 to 2: beside 0 new, 0 reopened and 0 fixed, a difference of 1 comes from waivers"
    assert said in document
    assert "comes from waivers" not in document_of([kept, ended], earlier=[(then, kept), (then, ended)], snapshots=2)


def test_several_snapshots_make_a_trend(document_of: DocumentOf) -> None:
    earlier = [((SNAPSHOT_AT - A_WEEK).date(), finding("inactive_user", 1))]
    document = document_of([finding("inactive_user", 1)], earlier=earlier, snapshots=2)
    assert "over 2 snapshots" in document
    assert "16 Nov" in document


def test_waivers_that_need_a_decision_are_named(document_of: DocumentOf) -> None:
    common = {
        "kind": "waiver", "what": "inactive_user", "reason": "Parental leave", "owner": "HR",
        "expires": date(2027, 1, 1), "covers": 1, "expired": False,
    }  # fmt: skip
    document = document_of(
        [finding("inactive_user", 1, status="waived")],
        policy_exemptions=[
            common | {"subject": "svc.integration1@acme.example"},
            common | {"subject": "hidden@acme.example", "covers": None},
            common | {"subject": "gone@acme.example", "covers": 0},
            common | {"subject": "late@acme.example", "expired": True},
        ],
    )
    assert re.search(r"EXPIREDInactiveuserlate@", document.text)
    assert re.search(r"MATCHESNONEInactiveusergone@", document.text)
    assert re.search(r"INFORCEInactiveusersvc\.integration1@", document.text)
    assert re.search(r"INFORCEInactiveuserhidden@", document.text)


def test_a_loose_threshold_is_printed_as_such(document_of: DocumentOf) -> None:
    said = "stale_token_days is 180, looser than the 90 that its controls tolerate"
    warning = {"kind": "loose_threshold", "subject": "stale_token_days", "warning": said}
    assert f"{said}." in document_of(policy_warnings=[warning])
    assert "looser than" not in document_of()


def test_a_licence_without_a_limit_has_no_unassigned_seats(document_of: DocumentOf) -> None:
    license_usage = [{"license_kind": "permission_set_license", "license_name": "Inbox", "used_seats": 3}]
    assert "Inbox permission set licence 3 no limit –" in document_of(license_usage=license_usage)


def test_a_licence_that_is_over_says_why_its_seats_cost_nothing(document_of: DocumentOf) -> None:
    common = {"license_kind": "user_license", "unit_price": 600, "total_seats": 25, "used_seats": 0}
    document = document_of(
        license_usage=[
            {**common, "license_name": "Knowledge", "status": "Disabled"},
            {**common, "license_name": "Coaching", "status": "Active", "expires_on": date(2026, 11, 22)},
            {**common, "license_name": "Maps", "status": "Active", "expires_on": SNAPSHOT_AT.date()},
        ]
    )
    assert "Knowledge user licence disabled" in document
    assert "Coaching user licence ended on 22 Nov 2026" in document
    assert "Maps user licence ended" not in document


def test_a_criterion_says_where_a_check_was_evaluated_in_part(document_of: DocumentOf) -> None:
    coverage = {"inactive_user": ("partial", "r", "c"), "never_used_oauth_token": NOT_EVALUATED}
    document = document_of([finding("inactive_user", 1)], coverage=coverage)
    assert "1 of 2 checks evaluated, 1 of them only partly; 1 finding" in document


def test_descriptions_have_the_thresholds_in_force(document_of: DocumentOf) -> None:
    described = {**TYPES[0], "description": "Logins of the last `login_window_days`, not of old_login_window_days."}
    assert "Logins of the last 30 days, not of old_login_window_days." in document_of(finding_types=[described])


def test_steps_of_one_finding_are_in_its_row_and_those_of_all_above_the_table(document_of: DocumentOf) -> None:
    common = [finding("inactive_user", n, own_steps="Order a seat.") for n in (1, 2)]
    assert "What to do. Ask the user's manager" in (document := document_of(common))
    assert document.text.count(squeezed("Order a seat.")) == 1
    differ = [
        finding("inactive_user", n, own_steps=own) for n, own in ((1, "Order a seat."), (2, None), (3, "Ask HR."))
    ]
    document = document_of(differ)
    assert "Do: Order a seat." in document
    assert "Do: Ask HR." in document
    assert document.text.count("Do:") == 2


def test_steps_of_an_app_are_in_its_band(document_of: DocumentOf) -> None:
    tokens = [finding("stale_oauth_token", n, app_name=app, own_steps=f"Open {app}.") for n, app in enumerate("AABB")]
    document = document_of(tokens)
    assert document.text.count("Do:") == 2
    assert "Do: Open A." in document


def test_a_token_names_its_app_unless_a_band_above_it_does(document_of: DocumentOf) -> None:
    document = document_of(
        [finding("stale_oauth_token", n, app_name=app) for n, app in enumerate(("A", "A", "B", "C"))]
    )
    assert "App: B" in document
    assert "App: C" in document
    assert "App: A" not in document


@pytest.mark.parametrize("section", [accounts, licenses], ids=["accounts", "licenses"])
def test_right_to_left_names_are_broken_into_lines_once(
    review_of: ReviewOf, section: Callable[[Review, Layout], list[Flowable]]
) -> None:
    name = "م " * 80
    user = {"user_id": "1", "username": name, "name": name, "is_active": True, "is_integration_user": True}
    review = review_of(
        integration_users=[user | {"confidence": "certain", "reasons": [name], "profile_name": name}],
        license_usage=[{"license_kind": name, "license_key": name, "license_name": name, "total_seats": 1}],
    )
    table = next(each for each in section(review, Layout()) if isinstance(each, Table))
    cells = [each if isinstance(each, list | tuple) else [each] for row in table._cellvalues for each in row]
    texts = [each for cell in cells for each in cell if isinstance(each, Paragraph)]
    breaks = [sum(hasattr(piece, "lineBreak") for piece in each.frags) for each in texts]
    table.wrap(style.WIDTH, style.PAGE_HEIGHT)
    assert any(breaks)
    assert [len(each.blPara.lines) for each in texts] == [1 + each for each in breaks]


def test_the_appendix_has_evidence_controls_thresholds_and_warnings(document_of: DocumentOf) -> None:
    warning = {"object": "OauthToken", "check_name": "last_used_in_past", "passed": False, "detail": "3 of 388 rows"}
    document = document_of(data_quality=[warning])
    for said in (
        "9f2c" * 16,
        "It is no opinion on whether a criterion is met",
        "SOC2 CC6.1",
        "Stale token days 90",
        "3 of 388 rows",
    ):
        assert said in document


def test_a_sandbox_has_no_amount(document_of: DocumentOf) -> None:
    page = document_of([finding("inactive_user", 1)], snapshot={"is_sandbox": True}).pages[0]
    assert squeezed("No price is in force in a sandbox.") in page
    assert "SANDBOX" in page


HOSTILE = [
    "<b>bold</b> & <para> &amp; <font size=90>x</font>",
    "<a href='http://x'>x</a><img src='file:///etc/passwd'/>",
    "A" * 4000,
    "\u202eevil\u202c \x00\x07\n\t\x1b[31m",
    "\u200b" * 3000,
    "名" * 3000,
    "م " * 2000,
    "z" + "\u031b" * 500,
    "😀👩\u200d💻" * 200,
    "{0} %s \\U0001F600 '; DROP TABLE users;--",
    "",
    " ",
]


def test_hostile_text_everywhere_is_printed_and_obeyed_nowhere(document_of: DocumentOf) -> None:
    findings = [
        finding(
            kind,
            100 * place + n,
            subject_name=text,
            username=text,
            summary=text,
            detail=text,
            own_steps=text,
            app_name=text,
        )
        | {"evidence": {"app_name": text, text or "k": text, "list": [text] * 9, "granted": [{"name": text}]}}
        for n, text in enumerate(HOSTILE)
        for place, kind in enumerate(("inactive_user", "stale_oauth_token"))
    ]
    account = {"is_active": True, "is_integration_user": True, "confidence": "certain"}
    document = document_of(
        findings,
        integration_users=[
            account
            | {
                "user_id": str(n),
                "username": text,
                "name": text,
                "reasons": [text],
                "profile_name": text,
                "license_name": text,
            }
            for n, text in enumerate(HOSTILE)
        ],
        license_usage=[
            {
                "license_kind": text,
                "license_key": text,
                "license_name": text,
                "unit_price": 3,
                "price_source": text,
                "total_seats": 1,
            }
            for text in HOSTILE
        ],
        policy_exemptions=[
            {
                "kind": "waiver",
                "what": "inactive_user",
                "subject": text,
                "reason": text,
                "owner": text,
                "expires": date(2027, 1, 1),
                "expired": False,
            }
            for text in HOSTILE
        ],
        policy_warnings=[{"kind": text, "subject": text, "warning": text} for text in HOSTILE],
        data_quality=[{"object": text, "check_name": text, "passed": False, "detail": text} for text in HOSTILE],
        coverage={"inactive_user": ("partial", "".join(HOSTILE), "".join(HOSTILE))},
        snapshot=dict.fromkeys(("org_name", "reader_username", "evidence_folder"), "".join(HOSTILE)),
    )
    for text in HOSTILE[:2]:
        assert text in document
    assert "‹U+202E›evil‹U+202C›" in document
    assert "‹U+001B›[31m" in document
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u200b]", document.text)
    actions = [note.get_object().get("/A", {}) for page in document.reader.pages for note in page.get("/Annots", [])]
    assert not any("/URI" in action or "/Launch" in action for action in actions)


def test_ten_thousand_findings_take_bounded_time_and_pages(review_of: ReviewOf) -> None:
    findings = [
        finding(each["finding_type"], 10_000 * place + n, app_name=f"App {n % 90}")
        for place, each in enumerate(TYPES)
        for n in range(1_700)
    ]
    review: Review = review_of(findings)
    started = time.perf_counter()
    document = Document(build(review))
    assert time.perf_counter() - started < 60, "seconds are expected; a minute allows for a busy machine"
    assert len(document.pages) < 150
    assert "10,200 findings need action" in document
