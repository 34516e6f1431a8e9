"""A destination is tried before a report needs it: it is told that nothing has happened, and no week counts as sent."""

import json
from pathlib import Path

import pytest

from spendready_pipeline.delivery import deliver, send_trial
from spendready_pipeline.errors import OrgError


def test_a_service_is_told_that_it_is_a_trial_and_gets_its_report_all_the_same(files, hook, destination) -> None:
    it = destination("chat", hook.to, "changes")
    assert send_trial(it) == ["chat"]
    assert deliver(files, [it], waits=()) == {"chat": "sent"}
    trial, _ = map(json.loads, hook.posted)
    assert trial["title"] == "SpendReady: test message for chat"
    assert trial["message"] == (
        "This destination gets the report of each week in which something changed. This is only a test."
    )
    assert (trial["type"], trial["attachments"]) == ("info", [])


def test_who_is_called_out_for_failures_is_called_out(hook, destination) -> None:
    send_trial(destination("oncall", hook.to, "failure"))
    assert json.loads(hook.posted[0])["type"] == "failure"


def test_a_folder_gets_a_small_file(tmp_path: Path, destination) -> None:
    assert send_trial(destination("archive", tmp_path / "archive")) == ["archive"]
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["spendready-trial.txt"]


def test_who_does_not_get_it_is_named_without_a_secret_and_the_others_have_it(mailbox, hook, destination) -> None:
    mailbox.refused = {"gone@acme.example"}
    with pytest.raises(OrgError, match=r"security \(gone@acme\.example\): the recipient was refused \(550\)"):
        send_trial(destination("security", mailbox.to("gone@acme.example", "ciso@acme.example")))
    assert mailbox.recipients == ["ciso@acme.example"]
    hook.answers = [403]
    with pytest.raises(OrgError, match="hook: the service answered 403") as raised:
        send_trial(destination("hook", hook.to))
    assert "S3CRET-WORD" not in str(raised.value)
