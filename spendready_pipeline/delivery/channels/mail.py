"""Mail by SMTP, to one recipient at a time.

Apprise reads the address (`mailtos://...`). The standard library sends the mail, since it gives the server's codes:
whether a refusal is permanent (RFC 5321, 4.2.1), and whether the attachment is the cause.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from pathlib import Path
from typing import Any

from spendready_pipeline.delivery.failures import NotDeliveredError, connection_failure_reason
from spendready_pipeline.delivery.message import Message

_TOO_BIG = b"5.3.4"
"""The enhanced code of a message that is too big for the system (RFC 3463, 3.4)."""
_TOO_BIG_FOR_IT = "the mail is too big for the mail server"
# Each part in ASCII: not every server accepts 8 bits.
_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message.

    Attributes:
        path: The file.
        kept_at: Where people find it on this machine when a service does not accept it.
    """

    path: Path
    kept_at: Path


class _RefusedError(Exception):
    """The server answered with an error, so nothing arrived."""

    def __init__(self, what: str, code: int, is_for_attachment: bool = False) -> None:
        super().__init__(f"{what} ({code})")
        self.is_permanent = 500 <= code < 600
        self.is_for_attachment = is_for_attachment


def send(server: Any, recipient: str, message: Message, attached: Attachment | None) -> str:  # noqa: ANN401
    """Sends a mail once; without its attachment where the server refuses the attachment.

    Args:
        server: Apprise's plugin of the address; its plugins share no useful type.
        recipient: The address that the mail goes to.
        message: The text of the mail.
        attached: The report.

    Returns:
        Why the mail was sent without its attachment; empty where it was sent in full.

    Raises:
        NotDeliveredError: It was not sent, or may not have been.
    """
    try:
        try:
            _hand_over(server, recipient, _composed(server, recipient, message, attached))
        except _RefusedError as refused:
            if not (attached and refused.is_for_attachment):
                raise
            closing = (
                f"The report is not attached: {refused}. On the machine that runs SpendReady it is {attached.kept_at}"
            )
            _hand_over(server, recipient, _composed(server, recipient, replace(message, closing=closing), None))
            return f"without the report: {refused}"
    except _RefusedError as refused:
        raise NotDeliveredError(str(refused), certain=True, permanent=refused.is_permanent) from None
    return ""


def _composed(server: Any, recipient: str, message: Message, attached: Attachment | None) -> bytes:  # noqa: ANN401
    name, sender = server.from_addr
    mail = EmailMessage(_POLICY)
    mail["Subject"] = message.title
    mail["From"] = formataddr((name or "", sender))
    names = {address: name for name, address in server.targets}
    mail["To"] = formataddr((names.get(recipient) or "", recipient))
    if server.reply_to:
        mail["Reply-To"] = ", ".join(formataddr((server.names.get(each) or "", each)) for each in server.reply_to)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine
    for header, value in server.headers.items():
        mail[header] = value
    mail.set_content(message.text(server.body_maxlen))
    if attached:
        content = attached.path.read_bytes()
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=attached.path.name)
    return mail.as_bytes()


def _hand_over(server: Any, recipient: str, mail: bytes) -> None:  # noqa: ANN401
    """Hands a mail to the server.

    Raises:
        _RefusedError: The server answered with an error.
        NotDeliveredError: There was no answer, or no connection.
    """
    certain = True
    try:
        with _connection(server) as smtp:
            _offer(smtp, server.from_addr[1], recipient, len(mail))
            # From here on, a lost connection leaves open whether the mail arrived.
            certain = False
            code, _ = smtp.data(mail)
            if code != 250:
                raise _refused_content(code)
    except smtplib.SMTPDataError as error:
        raise _refused_content(error.smtp_code) from None
    except smtplib.SMTPAuthenticationError as error:
        raise _RefusedError("the mail server refused the sign-in", error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        reason = "the mail server does not support TLS (STARTTLS) or sign-in, which its address asks for"
        raise NotDeliveredError(reason, certain) from None
    except smtplib.SMTPResponseException as error:
        raise _RefusedError("the mail server refused the connection", error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotDeliveredError(connection_failure_reason(error), certain) from None


def _offer(smtp: smtplib.SMTP, sender: str, recipient: str, size: int) -> None:
    """Offers sender, recipient and size to the server, before any part of the mail is sent."""
    smtp.ehlo_or_helo_if_needed()
    limit = smtp.esmtp_features.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < size:  # RFC 1870; 0 means no fixed limit
        raise _RefusedError(_TOO_BIG_FOR_IT, 552, is_for_attachment=True)
    options = [f"size={size}"] if smtp.has_extn("size") else []
    _expect(smtp.mail(sender, options), "the sender was refused")
    _expect(smtp.rcpt(recipient), "the recipient was refused")


def _expect(answer: tuple[int, bytes], problem: str) -> None:
    code, text = answer
    if code == 552 or _TOO_BIG in text:
        raise _RefusedError(_TOO_BIG_FOR_IT, code, is_for_attachment=True)
    if code not in (250, 251):
        raise _RefusedError(problem, code)


def _refused_content(code: int) -> _RefusedError:
    """A filter that refuses an attachment answers 550, 552 or 554 here: any permanent refusal may be about it."""
    what = _TOO_BIG_FOR_IT if code == 552 else "the mail server refused the mail"
    return _RefusedError(what, code, is_for_attachment=code >= 500)


@contextmanager
def _connection(server: Any) -> Iterator[smtplib.SMTP]:  # noqa: ANN401
    """Opens a connection, with TLS and sign-in as the address asks for."""
    context = ssl.create_default_context()
    if not server.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    address = server.smtp_host, server.port
    if server.secure_mode == "ssl":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=server.socket_connect_timeout, context=context)
    else:
        smtp = smtplib.SMTP(*address, timeout=server.socket_connect_timeout)
    try:
        if server.secure_mode == "starttls":
            smtp.starttls(context=context)
        if server.user and server.password:
            smtp.login(server.user, server.password)
        yield smtp
        # The mail has been accepted: a failed QUIT changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
    finally:
        smtp.close()
