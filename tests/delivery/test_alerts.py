"""Who asks for failures hears of each once, in words to act on; who asks for reports hears nothing of them."""

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spendready_pipeline.delivery import (
    alert_of_failure,
    alert_of_full_disk,
    alerts,
    missed_audit_alert,
    retry_pending_alerts,
    send_alerts,
)
from spendready_pipeline.delivery.outbox import open_outbox
from spendready_pipeline.errors import OrgError
from spendready_pipeline.run_outcome import Failure, RunOutcome
from spendready_pipeline.storage.files import OrgFiles
from tests.delivery.conftest import free_port

REFUSED = "acme: sign-in was refused (invalid_client). Set ACME_SECRET to the app's Consumer Secret"


def _outcome(*failures: Failure, began: datetime = datetime(2026, 11, 23, 6, 0, 5, tzinfo=UTC)) -> RunOutcome:
    return RunOutcome("acme", "0b9d-run", began, failures, began=True, published=False)


def _failed(step: str = "snapshot", stage: str = "extract", words: str = REFUSED) -> Failure:
    return Failure(step, stage, words, detail=f"{words} DETAIL-FOR-THIS-MACHINE-ALONE")


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
        "The previous results are unchanged",
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


def test_a_disk_that_will_be_full_is_told_once_a_week_whichever_org_finds_out(files, hook, destination) -> None:
    alarm, words = destination("alarm", hook.to, "failure"), "the disk of /srv is full in about 13 days"
    another_org = OrgFiles(files.root.parent / "another")
    monday = datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert alert_of_full_disk(files, words, monday, [alarm], ()) == {"alarm": "sent"}
    assert alert_of_full_disk(another_org, words, monday + timedelta(days=6), [alarm], ()) == {}
    assert alert_of_full_disk(files, words, monday + timedelta(days=7), [alarm], ()) == {"alarm": "sent"}
    first, _ = [json.loads(each) for each in hook.posted]
    assert first["title"].endswith("the disk will soon be full")
    assert "The disk of /srv is full in about 13 days." in first["message"]


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
    with open_outbox(files.deliveries) as outbox:
        outbox.record("failure 2026-11-23 snapshot", "alarm", "", "sending")
    for _ in range(2):
        alert_of_failure(files, _outcome(_failed()), alarm, ())
    assert len(hook.posted) == 2


def test_an_alert_that_reached_nobody_is_told_by_whatever_looks_next(files, hook, mailbox, destination) -> None:
    mail = destination("mail", mailbox.to("oncall@acme.example"), "failure")
    down = [destination("hook", f"json://127.0.0.1:{free_port()}/T0KEN-PATH", "failure"), mail]
    for _ in range(2):
        with pytest.raises(OrgError, match="hook: nothing listens at its address"):
            alert_of_failure(files, _outcome(_failed()), down, ())
    with pytest.raises(OrgError, match="hook: nothing listens at its address"):
        retry_pending_alerts(files, down)
    up = [destination("hook", hook.to, "failure"), mail]
    succeeded = _outcome(began=datetime(2026, 11, 24, 6, tzinfo=UTC))
    assert alert_of_failure(files, succeeded, up, ()) == {"hook": "sent"}
    assert retry_pending_alerts(files, up) == {}
    (posted,) = map(json.loads, hook.posted)
    assert posted["title"] == "acme, 23 Nov 2026: the audit failed (extract)"
    assert REFUSED in posted["message"]
    assert len(mailbox.mails) == 1


def test_an_alert_whose_destination_is_gone_or_that_is_a_week_old_is_told_nobody(files, hook, destination) -> None:
    down = destination("hook", f"json://127.0.0.1:{free_port()}/T0KEN-PATH", "failure")
    with pytest.raises(OrgError):
        alert_of_failure(files, _outcome(_failed()), [down], ())
    assert retry_pending_alerts(files, [destination("other", hook.to, "failure"), destination("hook", hook.to)]) == {}
    with closing(sqlite3.connect(files.deliveries)) as outbox, outbox:
        outbox.execute("update owed set at = datetime('now', '-8 days')")
    assert retry_pending_alerts(files, [destination("hook", hook.to, "failure")]) == {}
    assert hook.posted == []


def test_an_alert_that_a_crash_kept_from_being_tried_is_told(files, hook, destination, monkeypatch) -> None:
    alarm = [destination("alarm", hook.to, "failure")]
    with monkeypatch.context() as dying:
        dying.setattr(alerts, "dispatch", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            alert_of_failure(files, _outcome(_failed()), alarm, ())
    assert retry_pending_alerts(files, alarm) == {"alarm": "sent"}
    assert len(hook.posted) == 1


def test_where_no_ledger_can_be_kept_an_alert_is_sent_all_the_same(files, hook, destination) -> None:
    files.deliveries.mkdir()
    alarm = [destination("alarm", hook.to, "failure")]
    assert alert_of_failure(files, _outcome(_failed()), alarm, ()) == {"alarm": "sent"}
    assert len(hook.posted) == 1
    with pytest.raises(OrgError, match=r"deliveries\.sqlite, the record of what was delivered, cannot be read"):
        retry_pending_alerts(files, alarm)
    assert len(hook.posted) == 1


def test_while_another_process_keeps_the_ledger_an_alert_is_sent_all_the_same(
    files, hook, destination, monkeypatch
) -> None:
    monkeypatch.setattr("spendready_pipeline.delivery.outbox.LOCK_SECONDS", 0.1)
    alarm = [destination("alarm", hook.to, "failure")]
    with open_outbox(files.deliveries):
        assert alert_of_failure(files, _outcome(_failed()), alarm, ()) == {"alarm": "sent"}
        with pytest.raises(OrgError, match="another delivery of this org is in progress"):
            retry_pending_alerts(files, alarm)
    assert len(hook.posted) == 1


def test_a_new_alert_is_told_first_and_an_old_one_is_tried_once(files, hook, destination, monkeypatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("spendready_pipeline.delivery.dispatch.time.sleep", slept.append)
    alarm = [destination("alarm", hook.to, "failure")]
    hook.answers = [503] * 4
    for day, waits in ((21, ()), (22, (5.0,))):
        with pytest.raises(OrgError) as raised:
            alert_of_failure(files, _outcome(_failed(), began=datetime(2026, 11, day, tzinfo=UTC)), alarm, waits)
    assert raised.value.what.count("the service answered 503") == 1
    assert retry_pending_alerts(files, alarm) == {"alarm": "sent"}
    told = [json.loads(each)["title"].split(",")[1].split()[0] for each in hook.posted]
    assert told == ["21", "22", "22", "21", "21", "22"]
    assert [each for each in slept if each] == [5.0]


def test_that_an_audit_is_missing_is_not_told_once_it_came(files, hook, destination) -> None:
    due = datetime(2026, 11, 22, 6, tzinfo=UTC)
    down = [destination("alarm", f"json://127.0.0.1:{free_port()}/T0KEN-PATH", "failure")]
    with pytest.raises(OrgError):
        send_alerts(files, down, missed_audit_alert("acme", due, None), ())
    up = [destination("alarm", hook.to, "failure")]
    assert alert_of_failure(files, replace(_outcome(), published=True), up, ()) == {}
    assert hook.posted == []


def test_a_report_that_did_not_arrive_is_told_as_that(files, hook, destination) -> None:
    words = "acme: published, but not delivered everywhere: mail: nothing listens at its address"
    failed = _failed("deliver__weekly_delivery", "deliver", words)
    alert_of_failure(files, _outcome(failed), [destination("alarm", hook.to, "failure")], ())
    (posted,) = map(json.loads, hook.posted)
    assert posted["title"] == "acme, 23 Nov 2026: the report was not delivered everywhere"
    assert words in posted["message"]
    assert "audit" not in posted["message"]
    assert "spendready run" not in posted["message"]


def test_an_address_in_an_alert_can_be_opened(files, hook, destination) -> None:
    words = "acme: host https://acme.my.salesforce.com not found"
    alert_of_failure(files, _outcome(_failed(words=words)), [destination("alarm", hook.to, "failure")], ())
    assert words in json.loads(hook.posted[0])["message"]


def test_a_name_of_the_org_does_nothing_in_an_alert(files, hook, destination) -> None:
    alert_of_failure(
        files, _outcome(_failed(words="<!channel> is not read")), [destination("alarm", hook.to, "failure")], ()
    )
    assert "<!channel>" not in json.loads(hook.posted[0])["message"]


def test_an_alert_that_a_mail_server_refuses_for_good_is_named_once(files, mailbox, destination) -> None:
    mailbox.refused = {"gone@acme.example"}
    alarm = [destination("alarm", mailbox.to("gone@acme.example"), "failure")]
    with pytest.raises(OrgError, match=r"the recipient was refused \(550\)"):
        alert_of_failure(files, _outcome(_failed()), alarm, (0.0, 0.0))
    for _ in range(3):
        assert retry_pending_alerts(files, alarm) == {}
    assert mailbox.conversations == 1
