"""`spendready check --ask`: what an org tells about the audit's assumptions, by queries that only read."""

from io import StringIO
from pathlib import Path

import pytest

from demo_org.faults import Fault
from spendready_pipeline.cli.questions import WIDTH, print_answers
from spendready_pipeline.salesforce.client.guard import Origin, check_request
from spendready_pipeline.salesforce.questions import QUESTIONS, Answer, AnsweredQuestion, Question, ask_org
from tests.salesforce.audits import settings_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "connect-salesforce.md"
LICENSES = "Do Salesforce's own licenses have the keys that the audit knows?"


def answers_of(demo) -> dict[str, Answer | None]:
    return {each.question.text: each.answer for each in ask_org(settings_of(demo))}


def test_every_question_that_can_be_asked_is_answered_and_the_others_say_what_to_do(demo) -> None:
    found = answers_of(demo)
    assert found.keys() == {each.text for each in QUESTIONS}
    for question in QUESTIONS:
        answer = found[question.text]
        if question.ask:
            assert answer
            assert answer.found
            assert answer.meaning
            assert "refused" not in answer.found, question.text
        else:
            assert answer is None
            assert question.by_hand


def test_answers_are_counted_and_read_from_the_org(serve) -> None:
    demo = serve()
    demo.change('update org."OauthToken" set "UserId" = null where rowid = 0')
    demo.change(
        'update org."UserLicense" set "LicenseDefinitionKey" = \'OTHER_KEY\' where "Name" = \'Salesforce Integration\''
    )
    demo.change('update org."LoginHistory" set "Status" = \'Erfolg\'')
    found = answers_of(demo)
    assert found["Does every token name its user?"].found == "1 token without a user"
    assert "Salesforce Integration = OTHER_KEY" in found[LICENSES].found
    assert "Another key than expected: Salesforce Integration" in found[LICENSES].meaning
    assert found["Is the status of a login English?"].found == "Erfolg"
    assert "No Success" in found["Is the status of a login English?"].meaning


def test_how_many_apps_an_admin_sees_is_left_to_the_person_who_can_ask(demo) -> None:
    answer = answers_of(demo)["Does the audit user see every app of the App Launcher?"]
    assert answer.found.endswith(" rows")
    assert answer.meaning.startswith("Compare with the number that an admin gets")


def test_one_app_is_one_app(demo) -> None:
    assert answers_of(demo)[QUESTIONS[0].text].found.startswith("1 app with OAuth usage")


def test_users_of_logins_that_user_lacks_are_counted(serve) -> None:
    demo = serve(reader_lacks=frozenset({"ViewAllUsers", "ManageUsers"}), private_users=True)
    number, of, total, *_ = answers_of(demo)["Are there logins of users that User does not have?"].found.split()
    assert of == "of"
    assert int(number) >= int(total) - 1 > 0


def test_external_client_apps_whose_tokens_are_not_in_oauth_tokens_are_named(serve) -> None:
    demo = serve()
    question = QUESTIONS[0].text
    assert "see external client apps, too" in answers_of(demo)[question].meaning
    demo.change('update org."OauthToken" set "AppName" = \'Renamed\'')
    assert "may be missing" in answers_of(demo)[question].meaning


def test_what_the_org_refuses_is_not_known(serve) -> None:
    fault = Fault(containing="apps/oauth/usage", times=99, status=403, error_code="FUNCTIONALITY_NOT_ENABLED")
    answer = answers_of(serve(faults=[fault]))[QUESTIONS[0].text]
    assert answer.found == "Salesforce refused (FUNCTIONALITY_NOT_ENABLED)"
    assert answer.meaning.startswith("Not known")


def test_fields_that_an_org_does_not_have_are_not_asked_for(serve) -> None:
    demo = serve(without_fields={"UserLicense": frozenset({"MonthlyLoginsEntitlement"})})
    assert "refused" not in answers_of(demo)[LICENSES].found


def request(path: str, method: str = "GET"):
    import requests

    return requests.Request(method, f"https://acme.example/services/data/v66.0/{path}").prepare()


def test_the_guard_lets_the_list_of_apps_pass_and_nothing_below_it() -> None:
    from spendready_pipeline.salesforce.client.guard import ForbiddenRequest

    origin = Origin("acme.example", 443)
    check_request("acme", origin, request("apps/oauth/usage"))
    for path, method in (
        ("apps/oauth/usage", "DELETE"),
        ("apps/oauth/usage/0xI000000000001/tokens", "GET"),
        ("apps/oauth/usage?page=1", "GET"),
        ("apps/oauth/credentials/0xI000000000001", "GET"),
    ):
        with pytest.raises(ForbiddenRequest):
            check_request("acme", origin, request(path, method))


def test_answers_fit_80_columns_and_show_no_escape_of_the_org() -> None:
    asked = [
        AnsweredQuestion(QUESTIONS[0], Answer("\x1b[31mRed\x1b[0m " * 100, "means " * 40)),
        AnsweredQuestion(Question("Q?"), None),
    ]
    out = StringIO()
    print_answers("acme", asked, out)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in out.getvalue()
    assert [line.split()[0] for line in lines if line[:9].strip() and line[9:11] == "  "] == [
        "1", "asked", "asked", "answer", "meaning", "by", "2",
    ]  # fmt: skip


def test_the_docs_have_every_question_with_its_query() -> None:
    section = DOCS.read_text().partition("## Questions to ask your org")[2]
    for each in QUESTIONS:
        assert each.text in section
        assert all(query.split(", MaximumPermissions")[0] in section for query in each.asks)
