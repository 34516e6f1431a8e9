"""Each destination has a week's report once, or an error names it; whatever breaks in between."""

import base64
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from spendready_pipeline.delivery import deliver
from spendready_pipeline.delivery.ledger import open_ledger
from spendready_pipeline.errors import OrgError
from tests.delivery.conftest import DAY, MESSAGE, PDF, free_port

SECRETS = ("S3CRET-WORD", "T0KEN-PATH", "THE-BODY-OF-THE-ANSWER", "NO-SUCH-PERSON-SAYS-THE-SERVER")
PUT = {
    "acme-2026-11-23.pdf",
    "findings.csv",
    "action_plan.csv",
    "access_review.csv",
    "tables/findings.parquet",
}


def _deliver(files, *destinations, changed=True, again=None, waits=()):
    return deliver(files, DAY, destinations, MESSAGE, changed, again, waits)


def _error(files, *destinations, waits=()) -> str:
    with pytest.raises(OrgError) as raised:
        _deliver(files, *destinations, waits=waits)
    assert [each for each in SECRETS if each in str(raised.value)] == []
    return raised.value.what


def _kept_secret(files, capfd, caplog) -> None:
    told = "".join(capfd.readouterr()) + caplog.text + files.deliveries.read_bytes().decode("latin-1")
    assert [each for each in SECRETS if each in told] == []


def test_a_mail_has_the_week_and_the_pdf(files, mailbox, destination) -> None:
    _deliver(files, destination("security", mailbox.to("ciso@acme.example", "it@acme.example")))
    assert mailbox.recipients == ["ciso@acme.example", "it@acme.example"]
    for mail in mailbox.mails:
        assert mail["Subject"] == MESSAGE.title
        (attached,) = mail.iter_attachments()
        assert attached.get_filename() == "acme-2026-11-23.pdf"
        assert attached.get_content() == PDF
        assert "svc.erp@acme.example logged in through a browser" in mail.get_body(("plain",)).get_content()


def test_an_http_endpoint_has_the_week_and_the_pdf(files, hook, destination) -> None:
    _deliver(files, destination("hook", hook.to))
    (posted,) = map(json.loads, hook.posted)
    assert posted["title"] == MESSAGE.title
    assert MESSAGE.lead in posted["message"]
    assert base64.b64decode(posted["attachments"][0]["base64"]) == PDF


def test_a_folder_has_the_report_and_the_tables(files, tmp_path: Path, destination) -> None:
    _deliver(files, destination("archive", tmp_path / "archive"))
    folder = tmp_path / "archive" / "acme" / "2026-11-23"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == PUT
    assert (folder / "acme-2026-11-23.pdf").read_bytes() == PDF


def test_an_object_store_has_the_report_and_the_tables(files, s3, destination, monkeypatch) -> None:
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    store = s3fs.S3FileSystem()
    store.mkdir("audits")
    _deliver(files, destination("archive", "s3://audits/salesforce"))
    store.invalidate_cache()
    folder = "audits/salesforce/acme/2026-11-23"
    assert {path.removeprefix(f"{folder}/") for path in store.find(folder)} == PUT
    assert store.cat_file(f"{folder}/acme-2026-11-23.pdf") == PDF
    assert _error(files, destination("nowhere", "s3://no-such-bucket/x")).endswith(
        "nowhere: there is no such bucket, container or folder"
    )


def test_a_second_run_on_the_day_sends_nothing_again(files, mailbox, hook, destination) -> None:
    destinations = destination("mail", mailbox.to("a@acme.example")), destination("hook", hook.to)
    _deliver(files, *destinations)
    assert _deliver(files, *destinations) == {"mail": "sent", "hook": "sent"}
    assert (len(mailbox.mails), len(hook.posted)) == (1, 1)


def test_one_that_fails_stops_no_other_and_is_retried_alone(files, mailbox, hook, destination, capfd, caplog) -> None:
    destinations = destination("hook", hook.to), destination("mail", mailbox.to("a@acme.example"))
    hook.answers = [503, 404]
    error = _error(files, *destinations, waits=(0.0,))
    assert "hook: the service answered 404" in error
    assert "mail" not in error
    assert (len(mailbox.mails), len(hook.posted)) == (1, 2)
    _kept_secret(files, capfd, caplog)
    assert _deliver(files, *destinations) == {"hook": "sent", "mail": "sent"}
    assert (len(mailbox.mails), len(hook.posted)) == (1, 3)


def test_a_refused_recipient_is_named_and_the_others_have_theirs_once(
    files, mailbox, destination, capfd, caplog
) -> None:
    mailbox.refused = {"gone@acme.example"}
    both = destination("security", mailbox.to("gone@acme.example", "ciso@acme.example"))
    assert _error(files, both, waits=(0.0,)).endswith("security (gone@acme.example): the recipient was refused (550)")
    assert mailbox.recipients == ["ciso@acme.example"]
    _kept_secret(files, capfd, caplog)
    mailbox.refused = set()
    _deliver(files, both)
    assert mailbox.recipients == ["ciso@acme.example", "gone@acme.example"]


def test_a_server_too_slow_to_answer_is_named_and_gets_no_second_copy(files, mailbox, destination) -> None:
    mailbox.answers.clear()
    slow = destination("security", mailbox.to("ciso@acme.example", more="&cto=0.5"))
    for _ in range(2):
        assert "security (ciso@acme.example): it did not answer in time, so it may or may not have arrived" in _error(
            files, slow, waits=(0.0,)
        )
    mailbox.answers.set()
    _error(files, slow)
    assert len(mailbox.mails) == 1


def test_nobody_there_is_tried_again(files, destination) -> None:
    nobody = destination("hook", f"json://127.0.0.1:{free_port()}/T0KEN-PATH")
    assert "hook: nothing listens at its address" in _error(files, nobody, waits=(0.0,))
    with open_ledger(files.deliveries) as ledger:
        assert ledger.entry("2026-11-23", "hook", "").state == "failed"


CRASH = """
import os, sys
from pathlib import Path
from spendready_pipeline.delivery import deliver
from spendready_pipeline.delivery.ledger import Ledger
from spendready_pipeline.files import OrgFiles
from spendready_pipeline.settings import Destination
from tests.delivery.conftest import DAY, MESSAGE

before = Ledger.record
def dies(self, occasion, destination, recipient, state, reason=""):
    if state == "sent":
        os._exit(9)
    before(self, occasion, destination, recipient, state, reason)
Ledger.record = dies
to = Destination.model_validate({"name": "it", "to": sys.argv[2]})
deliver(OrgFiles(Path(sys.argv[1])), DAY, [to], MESSAGE, True)
"""


def _crash_after_sending(files, to: str) -> None:
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASH), str(files.root), to],
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
    )
    assert died.returncode == 9, died.stderr


def test_a_crash_between_send_and_record_sends_no_second_message(files, hook, destination) -> None:
    _crash_after_sending(files, hook.to)
    it = destination("it", hook.to)
    for _ in range(2):
        assert "it: the run ended while it was being sent, so it may or may not have arrived" in _error(files, it)
    assert len(hook.posted) == 1
    assert _deliver(files, it, again="it") == {"it": "sent"}
    assert len(hook.posted) == 2


def test_a_crash_between_put_and_record_puts_the_same_files_again(files, tmp_path: Path, destination) -> None:
    _crash_after_sending(files, str(tmp_path / "archive"))
    assert _deliver(files, destination("it", tmp_path / "archive")) == {"it": "sent"}
    folder = tmp_path / "archive" / "acme" / "2026-11-23"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == PUT


def test_who_wants_changes_hears_of_changes_alone(files, hook, destination) -> None:
    quiet, alarm = destination("quiet", hook.to, "changes"), destination("alarm", hook.to, "failure")
    assert _deliver(files, quiet, alarm, changed=False) == {"quiet": "not asked for", "alarm": "not asked for"}
    assert hook.posted == []
    assert _deliver(files, quiet, alarm)["quiet"] == "sent"
    assert len(hook.posted) == 1
