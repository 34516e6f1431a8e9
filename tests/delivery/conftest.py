"""An org whose week is published, and real servers on loopback to deliver it to."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from spendready_pipeline.delivery import Message, Part, Week, packed
from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.storage.files import OrgFiles, write_atomically

SNAPSHOT_AT = datetime(2026, 11, 23, 6, 0, 12, tzinfo=UTC)
PDF = b"%PDF-1.7 a week\n" + bytes(range(256)) * 40
MESSAGE = Message(
    title="acme, 23 Nov 2026: 1 new",
    lead="Acme Ltd: 1 finding needs action.",
    parts=(Part("New: 1", ("[high] svc.erp@acme.example logged in through a browser",), 1),),
    closing="The report is attached.",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """A mail server: keeps what it took, refuses whom it is told to, and may take its time to answer.

    `verdict` is what it says of a mail in the end; empty: it hangs up instead. `largest` is the size in bytes of the
    biggest mail that it takes; it says 552 to others, and already to MAIL FROM where `asks_size_first`.
    """

    def __init__(self, **options: Any) -> None:
        self.refused: set[str] = set()
        self.largest = 1 << 40
        self.asks_size_first = False
        self.conversations = 0
        self.verdict_of_attachments = ""
        self.sign_in_answer = ""
        self.sign_ins = 0
        self.answers = threading.Event()
        self.answers.set()
        self.verdict = "250 OK"
        self.mails: list[EmailMessage] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), auth_require_tls=False, **options)

    async def handle_AUTH(self, server, session, envelope, args) -> str:
        self.sign_ins += 1
        return self.sign_in_answer

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:
        self.conversations += 1
        size = next((int(each.partition("=")[2]) for each in options if each.upper().startswith("SIZE=")), 0)
        if self.asks_size_first and size > self.largest:
            return "552 5.2.2 QUOTA-SAYS-THE-SERVER"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return "550 5.1.1 NO-SUCH-PERSON-SAYS-THE-SERVER"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        import asyncio

        if len(envelope.content) > self.largest:
            return "552 5.3.4 TOO-BIG-SAYS-THE-SERVER"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        if self.verdict_of_attachments and list(mail.iter_attachments()):
            return self.verdict_of_attachments
        self.mails.append(mail)
        while not self.answers.is_set():
            await asyncio.sleep(0.02)
        if not self.verdict:
            server.transport.close()
        return self.verdict

    def to(self, *recipients: str, more: str = "") -> str:
        people = ",".join(recipients)
        return f"mailto://127.0.0.1:{self.controller.port}?from=audit@acme.example&to={people}{more}"

    @property
    def recipients(self) -> list[str]:
        return sorted(str(each["To"]) for each in self.mails)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.controller.start()
    yield box
    box.answers.set()
    box.controller.stop()


class Hook:
    """An HTTP endpoint: keeps what was posted and answers with the next of `answers`, 200 when there is none.

    0: it hangs up instead.
    """

    def __init__(self) -> None:
        self.posted: list[bytes] = []
        self.answers: list[int] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
                answer = hook.answers.pop(0) if hook.answers else 200
                if not answer:
                    self.close_connection = True
                    return
                self.send_response(answer)
                self.end_headers()
                self.wfile.write(b"THE-BODY-OF-THE-ANSWER")

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.to = f"json://audit:S3CRET-WORD@127.0.0.1:{self.server.server_port}/T0KEN-PATH"


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    thread = threading.Thread(target=hook.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()
    thread.join()


@pytest.fixture
def files(tmp_path: Path) -> OrgFiles:
    """An org with a week published, as `publish` leaves it."""
    files = OrgFiles(tmp_path / "data" / "acme")
    publish_week(files)
    return files


def publish_week(files: OrgFiles, snapshot_at: datetime = SNAPSHOT_AT, changed: bool = True) -> None:
    folder = files.published / ".weeks" / f"{snapshot_at:%Y%m%dT%H%M%SZ}"
    report = files.report(snapshot_at.date()).name
    for name, content in {
        "findings.csv": b"finding_id\n1\n",
        "action_plan.csv": b"finding_id,owner\n",
        "access_review.csv": b"account\n",
        "findings.parquet": b"PAR1",
        **packed(Week(snapshot_at, MESSAGE, changed), report, PDF),
    }.items():
        write_atomically(folder / name, content)
    files.current_week.unlink(missing_ok=True)
    files.current_week.symlink_to(folder)


@pytest.fixture
def destination() -> Callable[..., Destination]:
    return lambda name, to, on="report": Destination.model_validate({"name": name, "to": str(to), "on": on})


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 server; gives its address."""
    port = free_port()
    log = (tmp_path_factory.mktemp("s3") / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=log,
        stderr=log,
        env=os.environ | {"NO_PROXY": "*"},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
        log.close()
