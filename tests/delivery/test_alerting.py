"""Who asks for failures hears of each once, in words to act on; who asks for reports hears nothing of them."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from spendready_pipeline.delivery import alert_of_failure
from spendready_pipeline.delivery.ledger import open_ledger
from spendready_pipeline.errors import OrgError
from spendready_pipeline.run_outcome import Failure, RunOutcome
from tests.delivery.conftest import free_port

REFUSED = "acme: sign-in was refused (invalid_client). Set ACME_SECRET to the app's Consumer Secret"


def _outcome(*failures: Failure, began: datetime = datetime(2026, 11, 23, 6, 0, 5, tzinfo=UTC)) -> RunOutcome:
    return RunOutcome("acme", "0b9d-run", began, failures, began=True, published=False)


def _failed(step: str = "snapshot", stage: str = "extract", words: str = REFUSED) -> Failure:
    return Failure(step, stage, words, f"{words} DETAIL-FOR-THIS-MACHINE-ALONE")


def test_a_mail_says_which_org_when_what_and_what_to_do(files, mailbox, destination) -> None:
    alarm = destination("alarm", mailbox.to("oncall@acme.example"), "failure")
    assert alert_of_failure(files, _outcome(_failed()), [alarm], ()) == {"alarm": "sent"}
    (mail,) = mailbox.mails
    assert mail["Subject"] == "acme, 23 Nov 2026: the audit failed (extract)"
    said = " ".join(mail.get_content().split())
    for word in (
        "23 Nov 2026 at 06:00 UTC",
        f"extract: {REFUSED}",
        "spendready run --org acme",
        "0b9d-run",
        "What was published before is as it was",
    ):
        assert word in said
    assert "DETAIL-FOR-THIS-MACHINE-ALONE" not in said
    assert list(mail.iter_attachments()) == []


def test_only_who_asks_for_failures_is_told(files, hook, destination) -> None:
    others = [destination("report", hook.to), destination("changes", hook.to, "changes")]
    assert alert_of_failure(files, _outcome(_failed()), others, ()) == {}
    assert hook.posted == []


def test_a_service_that_calls_people_out_is_told_that_it_is_a_failure(files, hook, destination) -> None:
    alert_of_failure(files, _outcome(_failed()), [destination("alarm", hook.to, "failure")], ())
    assert [json.loads(each)["type"] for each in hook.posted] == ["failure"]


def test_a_run_that_did_not_fail_is_no_alert(files, hook, destination) -> None:
    assert alert_of_failure(files, _outcome(), [destination("alarm", hook.to, "failure")], ()) == {}
    assert hook.posted == []


def test_a_run_that_found_another_under_way_is_no_alert(files, hook, destination) -> None:
    outcome = replace(_outcome(_failed("", "start", "acme: another run of this org is under way")), began=False)
    assert alert_of_failure(files, outcome, [destination("alarm", hook.to, "failure")], ()) == {}
    assert hook.posted == []


def test_the_same_failure_of_a_day_is_told_once_and_another_by_itself(files, hook, destination) -> None:
    alarm = [destination("alarm", hook.to, "failure")]
    later = datetime(2026, 11, 23, 17, tzinfo=UTC)
    alert_of_failure(files, _outcome(_failed()), alarm, ())
    alert_of_failure(files, _outcome(_failed(words="acme: it did not answer"), began=later), alarm, ())
    assert len(hook.posted) == 1
    alert_of_failure(files, _outcome(_failed("dbt", "findings", "a test failed"), began=later), alarm, ())
    alert_of_failure(files, _outcome(_failed(), began=datetime(2026, 11, 24, 6, tzinfo=UTC)), alarm, ())
    assert len(hook.posted) == 3


def test_two_who_see_the_same_failure_at_once_tell_it_once(files, hook, destination) -> None:
    alarm = [destination("alarm", hook.to, "failure")]
    both = [threading.Thread(target=alert_of_failure, args=(files, _outcome(_failed()), alarm, ())) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(hook.posted) == 1


def test_an_alert_that_failed_is_named_stops_no_other_and_is_tried_again(files, hook, mailbox, destination) -> None:
    alarms = [
        destination("hook", f"json://127.0.0.1:{free_port()}/T0KEN-PATH", "failure"),
        destination("mail", mailbox.to("oncall@acme.example"), "failure"),
    ]
    with pytest.raises(OrgError, match="hook: nothing listens at its address") as raised:
        alert_of_failure(files, _outcome(_failed()), alarms, (0.0,))
    assert "T0KEN-PATH" not in str(raised.value)
    assert "mail" not in raised.value.what
    mended = [destination("hook", hook.to, "failure"), alarms[1]]
    assert alert_of_failure(files, _outcome(_failed()), mended, ()) == {"hook": "sent", "mail": "sent"}
    assert (len(hook.posted), len(mailbox.mails)) == (1, 1)


def test_after_a_crash_between_send_and_record_an_alert_is_sent_again(files, hook, destination) -> None:
    alarm = [destination("alarm", hook.to, "failure")]
    alert_of_failure(files, _outcome(_failed()), alarm, ())
    with open_ledger(files.deliveries) as ledger:
        ledger.record("failure 2026-11-23 snapshot", "alarm", "", "sending")
    for _ in range(2):
        alert_of_failure(files, _outcome(_failed()), alarm, ())
    assert len(hook.posted) == 2


def test_a_name_of_the_org_does_nothing_in_an_alert(files, hook, destination) -> None:
    alert_of_failure(
        files, _outcome(_failed(words="<!channel> is not read")), [destination("alarm", hook.to, "failure")], ()
    )
    assert "<!channel>" not in json.loads(hook.posted[0])["message"]
