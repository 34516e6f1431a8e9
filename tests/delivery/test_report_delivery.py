"""Each destination has a week's report once, or an error names it; whatever breaks in between."""

import base64
import json
import os
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import ClassVar

import apprise
import pytest
import trustme
from apprise.manager_plugins import NotificationManager

from spendready_pipeline.delivery import deliver
from spendready_pipeline.delivery import outbox as ledger_module
from spendready_pipeline.delivery.outbox import open_outbox
from spendready_pipeline.errors import OrgError
from spendready_pipeline.storage.files import OrgFiles
from tests.delivery.conftest import MESSAGE, PDF, SNAPSHOT_AT, Mailbox, free_port, publish_week

SECRETS = ("S3CRET-WORD", "T0KEN-PATH", "THE-BODY-OF-THE-ANSWER", "SAYS-THE-SERVER")
PUT = {
    "acme-2026-11-23.pdf",
    "findings.csv",
    "action_plan.csv",
    "access_review.csv",
    "tables/findings.parquet",
}


def _deliver(files, *destinations, resend_to=None, waits=(), retry_refused=False):
    return deliver(files, destinations, resend_to, waits, retry_refused)


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
        "nowhere: no such bucket, container or folder"
    )


def test_a_second_run_on_the_day_sends_nothing_again(files, mailbox, hook, destination) -> None:
    destinations = destination("mail", mailbox.to("a@acme.example")), destination("hook", hook.to)
    _deliver(files, *destinations)
    assert _deliver(files, *destinations) == {"mail": "sent before", "hook": "sent before"}
    assert (len(mailbox.mails), len(hook.posted)) == (1, 1)


def test_one_that_fails_stops_no_other_and_is_retried_alone(files, mailbox, hook, destination, capfd, caplog) -> None:
    destinations = destination("hook", hook.to), destination("mail", mailbox.to("a@acme.example"))
    hook.answers = [503, 404]
    error = _error(files, *destinations, waits=(0.0,))
    assert "hook: the service answered 404" in error
    assert "mail" not in error
    assert (len(mailbox.mails), len(hook.posted)) == (1, 2)
    _kept_secret(files, capfd, caplog)
    assert _deliver(files, *destinations) == {"hook": "sent", "mail": "sent before"}
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
    _deliver(files, both, retry_refused=True)
    assert mailbox.recipients == ["ciso@acme.example", "gone@acme.example"]


def test_a_refused_recipient_is_not_asked_again_by_later_runs_and_says_what_to_do(files, mailbox, destination) -> None:
    mailbox.refused = {"gone@acme.example"}
    gone = destination("security", mailbox.to("gone@acme.example"))
    for _ in range(2):
        with pytest.raises(OrgError, match=r"the recipient was refused \(550\)") as raised:
            _deliver(files, gone, waits=(0.0, 0.0))
        assert "correct what it refuses" in raised.value.remediation
    assert mailbox.conversations == 1
    with open_outbox(files.deliveries) as outbox:
        assert outbox.entry("2026-11-23", "security", "gone@acme.example").state == "refused"


def test_a_password_that_a_mail_server_refuses_is_not_tried_again_and_again(files, mailbox, destination) -> None:
    signed_in = mailbox.to("ciso@acme.example").replace("mailto://", "mailto://audit:S3CRET-WORD@")
    mailbox.sign_in_answer = "535 5.7.8 BAD-PASSWORD-SAYS-THE-SERVER"
    once = set()
    for _ in range(2):
        error = _error(files, destination("security", signed_in), waits=(0.0, 0.0))
        assert error.endswith("security (ciso@acme.example): the mail server refused the sign-in (535)")
        once.add(mailbox.sign_ins)
    assert once == {2}, "one sign-in, by each of the server's two mechanisms"


def test_a_mail_has_the_names_the_answer_address_and_the_headers_of_its_address(files, mailbox, destination) -> None:
    more = "&name=Prüfung&reply=help@acme.example&%2BX-Team=audit"
    _deliver(files, destination("security", mailbox.to("Jörg Ö <ciso@acme.example>", more=more)))
    (mail,) = mailbox.mails
    assert (mail["From"], mail["To"]) == ("Prüfung <audit@acme.example>", "Jörg Ö <ciso@acme.example>")
    assert mail["Reply-To"] == "help@acme.example"
    assert mail["Message-ID"].endswith("@acme.example>")
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("mode", ["starttls", "ssl"])
def test_a_mail_goes_by_tls_to_a_server_whose_certificate_is_trusted_and_to_no_other(
    files, destination, monkeypatch, tmp_path: Path, mode: str
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    options = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {"ssl_context": context}
    mailbox = Mailbox(**options)
    mailbox.controller.start()
    try:
        to = f"{mailbox.to('ciso@acme.example').replace('mailto:', 'mailtos:')}&mode={mode}"
        error = _error(files, destination("security", to))
        assert error.endswith("security (ciso@acme.example): TLS failed, or its certificate is not valid")
        assert mailbox.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert _deliver(files, destination("security", to)) == {"security": "sent"}
    finally:
        mailbox.controller.stop()
    assert mailbox.recipients == ["ciso@acme.example"]


@pytest.mark.parametrize("how", ["the server announces its limit", "at MAIL FROM", "after DATA"])
def test_a_report_that_is_too_big_for_a_mail_server_is_left_out_and_the_text_says_where_it_is(
    files, destination, how: str
) -> None:
    mailbox = Mailbox(data_size_limit=6000) if "announces" in how else Mailbox()
    mailbox.largest, mailbox.asks_size_first = 6000, how == "at MAIL FROM"
    mailbox.controller.start()
    try:
        security = destination("security", mailbox.to("ciso@acme.example", "it@acme.example"))
        left_out = "without the report: the mail is too big for the mail server (552)"
        remarks = f"security (ciso@acme.example): {left_out}, security (it@acme.example): {left_out}"
        assert _deliver(files, security, waits=(0.0,)) == {"security": f"sent, {remarks}"}
        assert _deliver(files, security) == {"security": f"sent before, {remarks}"}
    finally:
        mailbox.controller.stop()
    assert mailbox.recipients == ["ciso@acme.example", "it@acme.example"]
    for mail in mailbox.mails:
        assert list(mail.iter_attachments()) == []
        said = " ".join(mail.get_content().split())
        assert MESSAGE.lead in said
        assert "The report is not attached: the mail is too big for the mail server (552)." in said
        assert str(files.report(SNAPSHOT_AT.date())) in said
        assert MESSAGE.closing not in said
    with open_outbox(files.deliveries) as outbox:
        assert outbox.entry("2026-11-23", "security", "ciso@acme.example") == ("sent", left_out)


@pytest.mark.parametrize("verdict", ["554 5.7.1 No PDF", "552 5.7.0 No PDF", "550 5.7.1 No PDF"])
def test_a_filter_that_refuses_attachments_gets_the_text_alone(files, mailbox, destination, verdict: str) -> None:
    mailbox.verdict_of_attachments = verdict
    outcomes = _deliver(files, destination("security", mailbox.to("ciso@acme.example")))
    assert outcomes["security"].startswith("sent, security (ciso@acme.example): without the report: the mail")
    (mail,) = mailbox.mails
    assert list(mail.iter_attachments()) == []


def test_a_mail_that_is_refused_even_without_the_report_is_refused_once(files, mailbox, destination) -> None:
    mailbox.verdict = "554 5.7.1 No"
    for _ in range(2):
        error = _error(files, destination("security", mailbox.to("ciso@acme.example")), waits=(0.0, 0.0))
        assert error.endswith("security (ciso@acme.example): the mail server refused the mail (554)")
    assert [len(list(mail.iter_attachments())) for mail in mailbox.mails] == [1, 0]


def test_a_hang_up_after_the_text_alone_was_sent_is_uncertain(files, mailbox, destination) -> None:
    mailbox.verdict_of_attachments, mailbox.verdict = "552 5.3.4 Too big", ""
    error = _error(files, destination("security", mailbox.to("ciso@acme.example")), waits=(0.0,))
    assert error.endswith("the connection failed (SMTPServerDisconnected), so it may or may not have arrived")
    assert len(mailbox.mails) == 1


def test_everyone_whom_a_mail_names_has_it_once_whoever_is_refused(files, mailbox, destination) -> None:
    mailbox.refused = {"ciso@acme.example"}
    more = "&cc=boss@acme.example&bcc=audit@acme.example"
    team = destination("security", mailbox.to("ciso@acme.example", "it@acme.example", "IT@acme.example", more=more))
    assert _error(files, team).endswith("security (ciso@acme.example): the recipient was refused (550)")
    assert mailbox.recipients == ["audit@acme.example", "boss@acme.example", "it@acme.example"]
    mailbox.refused = set()
    _deliver(files, team, retry_refused=True)
    assert mailbox.recipients == ["audit@acme.example", "boss@acme.example", "ciso@acme.example", "it@acme.example"]
    assert [each["Cc"] for each in mailbox.mails] == [None] * 4


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
    with open_outbox(files.deliveries) as outbox:
        assert outbox.entry("2026-11-23", "hook", "").state == "failed"


@pytest.mark.parametrize("answer", [400, 404, 429, 500, 502, 503, 504])
def test_a_service_that_says_no_has_nothing_and_is_tried_again(files, hook, destination, answer: int) -> None:
    hook.answers = [answer]
    assert _deliver(files, destination("hook", hook.to), waits=(0.0,)) == {"hook": "sent"}
    assert len(hook.posted) == 2


def test_a_service_that_hangs_up_may_have_it_and_gets_no_second_copy(files, hook, destination) -> None:
    hook.answers = [0]
    error = _error(files, destination("hook", hook.to), waits=(0.0,))
    assert error.endswith("hook: the connection failed (ConnectionError), so it may or may not have arrived")
    assert len(hook.posted) == 1


@pytest.mark.parametrize(
    ("verdict", "told", "mails"),
    [
        ("451 4.7.1 Later", "the mail server refused the mail (451)", 2),
        ("", "the connection failed (SMTPServerDisconnected), so it may or may not have arrived", 1),
    ],
)
def test_a_mail_server_that_says_no_is_tried_again_and_one_that_hangs_up_is_not(
    files, mailbox, destination, verdict: str, told: str, mails: int
) -> None:
    mailbox.verdict = verdict
    error = _error(files, destination("security", mailbox.to("ciso@acme.example")), waits=(0.0,))
    assert error.endswith(f"security (ciso@acme.example): {told}")
    assert len(mailbox.mails) == mails


def test_why_a_folder_or_a_mail_server_cannot_take_it_is_said_in_words(files, mailbox, tmp_path, destination) -> None:
    (tmp_path / "file").write_text("in the way")
    error = _error(files, destination("archive", tmp_path / "file" / "archive"))
    assert error.endswith("archive: a file is in the place of its folder")
    secure = mailbox.to("ciso@acme.example").replace("mailto:", "mailtos:") + "&mode=starttls"
    assert _error(files, destination("security", secure)).endswith(
        "the mail server does not support TLS (STARTTLS) or sign-in, which its address asks for"
    )


class _Breaks(apprise.NotifyBase):
    """A service whose program fails where Apprise does not look after it."""

    secure_protocol = "breaks"
    templates = ("{schema}://{host}",)

    @property
    def body_maxlen(self) -> int:
        raise RuntimeError("S3CRET-WORD")


def test_a_service_whose_program_breaks_stops_no_other(files, hook, destination, capfd, caplog) -> None:
    services = NotificationManager()
    services.add(_Breaks, schemas="breaks")
    try:
        broken = destination("broken", "breaks://T0KEN-PATH")
        error = _error(files, broken, destination("hook", hook.to))
    finally:
        services.remove("breaks")
    assert "broken: its plugin failed (RuntimeError), so it may or may not have arrived" in error
    assert "hook" not in error
    assert len(hook.posted) == 1
    _kept_secret(files, capfd, caplog)


class _Small(apprise.NotifyBase):
    """A service that carries no more than Streamlabs: 255 characters, and as many of a title."""

    secure_protocol = "small"
    templates = ("{schema}://{host}",)
    body_maxlen = title_maxlen = 255
    said: ClassVar[list[tuple[str, str]]] = []

    def send(self, body: str, title: str = "", **_: object) -> bool:
        self.said.append((title, body))
        return True


@pytest.mark.parametrize(("title_room", "within"), [(255, False), (255, True), (0, False)])
def test_a_service_that_carries_little_carries_what_it_can(
    files, destination, monkeypatch, title_room: int, within: bool
) -> None:
    services = NotificationManager()
    monkeypatch.setattr(_Small, "title_maxlen", title_room)
    monkeypatch.setattr(_Small, "overflow_amalgamate_title", within)
    monkeypatch.setattr(_Small, "said", [])
    services.add(_Small, schemas="small")
    try:
        _deliver(files, destination("small", "small://host"))
    finally:
        services.remove("small")
    ((title, body),) = _Small.said
    assert MESSAGE.title in title + body
    assert body.endswith("New: 1\n- [high] svc.erp@acme.example logged in through a browser\n\nThe report is attached.")


def test_who_asks_for_a_copy_while_another_delivers_changes_nothing(files, hook, destination, monkeypatch) -> None:
    it = destination("it", hook.to)
    _deliver(files, it)
    monkeypatch.setattr(ledger_module, "LOCK_SECONDS", 0.05)
    with open_outbox(files.deliveries), pytest.raises(OrgError, match="another delivery of this org is in progress"):
        _deliver(files, it, resend_to="it")
    _deliver(files, it)
    assert len(hook.posted) == 1


def test_a_ledger_that_is_damaged_or_has_no_place_is_named_and_nothing_is_sent(files, hook, destination) -> None:
    it = destination("it", hook.to)
    files.deliveries.write_bytes(b"no database, but long enough to be taken for one" * 40)
    assert "acme: deliveries.sqlite, the record of what was delivered, cannot be read or written" in _error(files, it)
    files.deliveries.unlink()
    (files.root / ".deliveries.sqlite.lock").unlink()
    (files.root / ".deliveries.sqlite.lock").mkdir()
    assert "cannot be read or written (Is a directory)" in _error(files, it)
    assert hook.posted == []


@pytest.mark.parametrize("lost", ["delivery/acme-2026-11-23.pdf", "delivery/message.json"])
def test_a_week_whose_report_is_gone_is_not_sent_without_it(files, hook, destination, lost: str) -> None:
    (files.current_week / lost).unlink()
    assert _error(files, destination("hook", hook.to)) == "acme: the published report is missing or damaged"
    assert hook.posted == []


def test_before_anything_is_published_there_is_nothing_to_deliver(tmp_path, hook, destination) -> None:
    files = OrgFiles(tmp_path / "new")
    assert _error(files, destination("it", hook.to)) == "new: nothing is published, so there is nothing to deliver"
    assert hook.posted == []


CRASH = """
import os, sys
from pathlib import Path
from spendready_pipeline.delivery import deliver
from spendready_pipeline.delivery.outbox import Outbox
from spendready_pipeline.storage.files import OrgFiles
from spendready_pipeline.delivery.configuration import Destination

before = Outbox.record
def dies(self, occasion, destination, recipient, state, reason=""):
    if state == "sent":
        os._exit(9)
    before(self, occasion, destination, recipient, state, reason)
Outbox.record = dies
to = Destination.model_validate({"name": "it", "to": sys.argv[2]})
deliver(OrgFiles(Path(sys.argv[1])), [to])
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
    assert _deliver(files, it, resend_to="it") == {"it": "sent"}
    assert len(hook.posted) == 2


def test_a_crash_between_mail_and_record_sends_no_second_mail(files, mailbox, destination) -> None:
    to = mailbox.to("ciso@acme.example")
    _crash_after_sending(files, to)
    error = _error(files, destination("it", to))
    assert "the run ended while it was being sent, so it may or may not have arrived" in error
    assert len(mailbox.mails) == 1


def test_a_crash_between_put_and_record_puts_the_same_files_again(files, tmp_path: Path, destination) -> None:
    _crash_after_sending(files, str(tmp_path / "archive"))
    assert _deliver(files, destination("it", tmp_path / "archive")) == {"it": "sent"}
    folder = tmp_path / "archive" / "acme" / "2026-11-23"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == PUT


def test_who_wants_changes_hears_of_changes_alone(files, hook, destination) -> None:
    quiet, alarm = destination("quiet", hook.to, "changes"), destination("alarm", hook.to, "failure")
    publish_week(files, changed=False)
    assert _deliver(files, quiet, alarm) == {"quiet": "not asked for", "alarm": "not asked for"}
    assert hook.posted == []
    publish_week(files)
    assert _deliver(files, quiet, alarm)["quiet"] == "sent"
    assert len(hook.posted) == 1


def test_who_asks_by_name_gets_a_week_without_changes(files, hook, destination) -> None:
    publish_week(files, changed=False)
    others = destination("quiet", hook.to, "changes"), destination("other", hook.to, "changes")
    assert _deliver(files, *others, resend_to="quiet") == {"quiet": "sent", "other": "not asked for"}
    assert len(hook.posted) == 1
