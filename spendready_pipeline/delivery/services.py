"""Messages through Apprise: mail with the PDF attached, Slack, Teams and its other services.

Apprise answers yes or no and logs the rest, with addresses that hold secrets. Its log is kept from everybody here; the
exceptions that it handles while it logs tell whether a message can have arrived.
"""

import logging
import re
import smtplib
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spendready_pipeline.delivery.failures import NotDeliveredError
from spendready_pipeline.delivery.message import Message

CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 60.0
"""A mail server may look through an attachment before it answers."""
_ANSWERED = re.compile(r"error=(\d{3})")


class _Heard(logging.Handler):
    """What Apprise logs, and the exception that it handles while it does."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        self.exceptions: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        handled = sys.exc_info()[1]
        if handled is not None and handled not in self.exceptions:
            self.exceptions.append(handled)

    @property
    def texts(self) -> list[str]:
        return [each.getMessage() for each in self.records]


@contextmanager
def _listening() -> Iterator[_Heard]:
    logger, heard = logging.getLogger("apprise"), _Heard()
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(heard)
    try:
        yield heard
    finally:
        logger.removeHandler(heard)
        logger.setLevel(level)
        logger.propagate = propagate


def _plugin(to: str) -> Any:  # noqa: ANN401 - Apprise's plugins share no useful type
    import apprise

    with _listening():
        return apprise.Apprise.instantiate(to, suppress_exceptions=True)


def is_known(to: str) -> bool:
    """Whether Apprise has a service for a URL, and the URL is one that it takes."""
    return _plugin(to) is not None


def schemes() -> list[str]:
    """What an address of a service that Apprise has may begin with."""
    from apprise.manager_plugins import NotificationManager

    manager: Any = NotificationManager
    with _listening():
        return sorted(manager().schemas())


def recipients(to: str) -> list[str]:
    """The addresses that a mail goes to, each a delivery by itself; one empty recipient for any other service."""
    from apprise.plugins.email.base import NotifyEmail

    plugin = _plugin(to)
    return [address for _, address in _addressed(plugin)] if isinstance(plugin, NotifyEmail) else [""]


def _addressed(plugin: Any) -> list[tuple[str | bool, str]]:  # noqa: ANN401 - as above
    """Name and address of everyone whom a mail goes to, once each; who is in cc or bcc gets a mail of their own.

    A copy would go out with the mail to each of several recipients, and could be refused where the mail is not.
    """
    copied = [(plugin.names.get(each, False), each) for each in sorted(plugin.cc | plugin.bcc)]
    once: dict[str, tuple[str | bool, str]] = {}
    for name, address in (*plugin.targets, *copied):
        once.setdefault(address.casefold(), (name, address))
    return list(once.values())


def send(to: str, recipient: str, message: Message, report: Path | None) -> None:
    """Sends a message once.

    Args:
        to: The Apprise URL.
        recipient: One of `recipients(to)`.
        message: What is said; shortened to what the service carries.
        report: The PDF, attached where the service takes attachments.

    Raises:
        NotDeliveredError: It was not sent, or nobody can tell.
    """
    import apprise

    plugin = _plugin(to)
    if plugin is None:
        raise NotDeliveredError("its address is none that Apprise knows", certain=True)
    if recipient:
        plugin.targets = [each for each in _addressed(plugin) if each[1] == recipient]
        plugin.cc = plugin.bcc = frozenset()
    if "rto=" not in to:
        plugin.socket_read_timeout = ANSWER_SECONDS
    if "cto=" not in to:
        # SMTP has this one limit for connecting and for each answer.
        plugin.socket_connect_timeout = ANSWER_SECONDS if recipient else CONNECT_SECONDS
    plugin.overflow_mode = apprise.OverflowMode.TRUNCATE
    carrier = apprise.Apprise(asset=apprise.AppriseAsset(app_id="SpendReady", app_desc="SpendReady"))
    carrier.add(plugin)
    with _listening() as heard:
        sent = carrier.notify(
            title=message.title,
            body=message.text(_room(plugin, message.title)),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType.FAILURE if message.is_alert else apprise.NotifyType.INFO,
            attach=str(report) if report and plugin.attachment_support else None,
        )
    if not sent:
        raise _failure(heard)


def _room(plugin: Any, title: str) -> int:  # noqa: ANN401 - as above
    """Characters that a service carries of the text; some put the title into it, and Apprise counts it in."""
    within = plugin.title_maxlen <= 0 or plugin.overflow_amalgamate_title
    taken = len(title) + plugin.overflow_max_display_count_width if within else 0
    room: int = plugin.body_maxlen - max(2, plugin.overflow_buffer) - taken
    return max(0, room)


def _failure(heard: _Heard) -> NotDeliveredError:
    began = any(text.startswith("Sent ") for text in heard.texts)
    codes = [found[1] for text in heard.texts if (found := _ANSWERED.search(text))]
    said = [_said(each) for each in heard.exceptions]
    if not said and not codes:
        return NotDeliveredError("the service did not take it and gave no reason", certain=False)
    reasons = [reason for reason, _ in said] or [f"the service answered {codes[-1]}"]
    certain = not began and all(certain for _, certain in said)
    return NotDeliveredError(reasons[-1], certain)


def _said(error: BaseException) -> tuple[str, bool]:
    """A failure in words of ours, and whether nothing can have arrived."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return f"the recipient was refused ({'/'.join(str(code) for code, _ in error.recipients.values())})", True
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refused the sign-in ({error.smtp_code})", True
        case smtplib.SMTPNotSupportedError():
            return "the mail server has no TLS (STARTTLS), or no sign-in, as its address asks for", True
        case smtplib.SMTPResponseException():
            return f"the mail server refused it ({error.smtp_code})", True
    return _reason(error), _before_anything_was_sent(error)


def _reason(error: BaseException) -> str:
    chain = list(_chain(error))
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return "its certificate, or TLS with it, failed"
    if any(isinstance(each, socket.gaierror) for each in chain):
        return "its host is not known"
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "nothing listens at its address"
    if any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        return "it did not answer in time"
    return f"the connection failed ({type(error).__name__})"


def _chain(error: object) -> Iterator[BaseException]:
    """The error and all that it came from; urllib3 keeps its cause in `reason`, requests in its arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _before_anything_was_sent(error: BaseException) -> bool:
    """A mail is handed over in `SMTP.data`; an HTTP request once its connection stands."""
    if _in_function(error, "data"):
        return False
    if _in_function(error, "sendmail") or _in_function(error, "__enter__"):
        return True
    never_connected = {"ConnectTimeoutError", "NewConnectionError", "NameResolutionError", "SSLCertVerificationError"}
    return any(type(each).__name__ in never_connected for each in _chain(error))


def _in_function(error: BaseException, name: str) -> bool:
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        if code.co_name == name and code.co_filename.endswith("smtp.py" if name == "__enter__" else "smtplib.py"):
            return True
        trace = trace.tb_next
    return False
