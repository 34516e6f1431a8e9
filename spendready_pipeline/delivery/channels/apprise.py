"""Messages: mail with the PDF attached; Slack, Teams and the other services of Apprise.

Apprise answers yes or no and logs the rest, with addresses that hold secrets. Its log goes nowhere from here; the
exceptions that it handles while it logs show whether a message can have arrived.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from spendready_pipeline.delivery.channels import mail
from spendready_pipeline.delivery.failures import NotDeliveredError, connection_failure_reason, exception_chain
from spendready_pipeline.delivery.message import Message

CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 60.0
"""A mail server may scan an attachment before it answers."""
_ANSWERED = re.compile(r"error=(\d{3})")


class _CapturedLog(logging.Handler):
    """What Apprise logs, and the exceptions that it handles while it does."""

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
def _capture_log() -> Iterator[_CapturedLog]:
    logger, log = logging.getLogger("apprise"), _CapturedLog()
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(log)
    try:
        yield log
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)
        logger.propagate = propagate


def _plugin(to: str) -> Any:  # noqa: ANN401 - Apprise's plugins share no useful type
    import apprise

    with _capture_log():
        return apprise.Apprise.instantiate(to, suppress_exceptions=True)


def is_known(to: str) -> bool:
    """Whether Apprise has a service for a URL, and accepts the URL."""
    return _plugin(to) is not None


def missing_feature(to: str) -> str | None:
    """Returns what an address asks for that Apprise supports and this program does not; None where there is nothing."""
    plugin = _plugin(to)
    if getattr(plugin, "pgp_mode", "no") != "no":
        return "PGP encryption of mail is not supported: remove pgp and wkd"
    return None


def schemes() -> list[str]:
    """Returns the URL schemes of all services that Apprise supports."""
    from apprise.manager_plugins import NotificationManager

    manager: Any = NotificationManager
    with _capture_log():
        return sorted(manager().schemas())


@dataclass(frozen=True)
class Reach:
    """How a message reaches a service.

    Attributes:
        is_local: Whether the service listens on this machine's loopback.
        is_encrypted: Whether the connection uses TLS.
        is_verified: Whether the server's certificate is verified.
        secure_scheme: The URL scheme that uses TLS; None where the service has none.
    """

    is_local: bool
    is_encrypted: bool
    is_verified: bool
    secure_scheme: str | None


def reach(to: str) -> Reach:
    """Returns how a message reaches a service that Apprise supports."""
    from apprise.plugins.email.base import NotifyEmail

    plugin, scheme = _plugin(to), to.partition("://")[0].lower()
    is_mail = isinstance(plugin, NotifyEmail)
    secure = _schemes_of(plugin.secure_protocol)
    return Reach(
        is_local=_is_loopback((plugin.smtp_host if is_mail else getattr(plugin, "host", "")) or ""),
        # Several mail providers always get TLS, whatever the scheme.
        is_encrypted=plugin.secure_mode != "insecure" if is_mail else scheme in secure,
        is_verified=bool(plugin.verify_certificate),
        secure_scheme=secure[0] if secure else None,
    )


def _schemes_of(protocol: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (protocol,) if isinstance(protocol, str) else tuple(protocol or ())


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def recipients(to: str) -> list[str]:
    """Returns the addresses of a mail, each a delivery of its own; one empty recipient for any other service."""
    from apprise.plugins.email.base import NotifyEmail

    plugin = _plugin(to)
    return [address for _, address in _addressed(plugin)] if isinstance(plugin, NotifyEmail) else [""]


def _addressed(plugin: Any) -> list[tuple[str | bool, str]]:  # noqa: ANN401 - as above
    """Returns the name and address of each recipient once; recipients in cc or bcc get a mail of their own.

    A copy would be sent with the mail to each of several recipients, and could be refused where the mail is not.
    """
    copied = [(plugin.names.get(each, False), each) for each in sorted(plugin.cc | plugin.bcc)]
    once: dict[str, tuple[str | bool, str]] = {}
    for name, address in (*plugin.targets, *copied):
        once.setdefault(address.casefold(), (name, address))
    return list(once.values())


def send(to: str, recipient: str, message: Message, report: mail.Attachment | None) -> str:
    """Sends a message once.

    Args:
        to: The Apprise URL.
        recipient: One of `recipients(to)`.
        message: The message; shortened to what the service accepts.
        report: The PDF, attached where the service takes attachments.

    Returns:
        Why the message was sent without the report, where the service refused that; else empty.

    Raises:
        NotDeliveredError: It was not sent, or may not have been.
    """
    plugin = _plugin(to)
    if plugin is None:
        raise NotDeliveredError("Apprise does not support its address", certain=True)
    if "rto=" not in to:
        plugin.socket_read_timeout = ANSWER_SECONDS
    if "cto=" not in to:
        # SMTP has one timeout for connecting and for each answer.
        plugin.socket_connect_timeout = ANSWER_SECONDS if recipient else CONNECT_SECONDS
    if recipient:
        plugin.targets = _addressed(plugin)
        return mail.send(plugin, recipient, message, report)
    _notify(plugin, message, report.path if report else None)
    return ""


def _notify(plugin: Any, message: Message, report: Path | None) -> None:  # noqa: ANN401 - as above
    import apprise

    plugin.overflow_mode = apprise.OverflowMode.TRUNCATE
    carrier = apprise.Apprise(asset=apprise.AppriseAsset(app_id="SpendReady", app_desc="SpendReady"))
    carrier.add(plugin)
    with _capture_log() as log:
        sent = carrier.notify(
            title=message.title,
            body=message.text(_room(plugin, message.title)),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType.FAILURE if message.is_alert else apprise.NotifyType.INFO,
            attach=str(report) if report and plugin.attachment_support else None,
        )
    if not sent:
        raise _failure(log)


def _room(plugin: Any, title: str) -> int:  # noqa: ANN401 - as above
    """Returns how many characters of text a service accepts; some put the title into it, and Apprise counts it."""
    within = plugin.title_maxlen <= 0 or plugin.overflow_amalgamate_title
    taken = len(title) + plugin.overflow_max_display_count_width if within else 0
    room: int = plugin.body_maxlen - max(2, plugin.overflow_buffer) - taken
    return max(0, room)


def _failure(log: _CapturedLog) -> NotDeliveredError:
    began = any(text.startswith("Sent ") for text in log.texts)
    codes = [found[1] for text in log.texts if (found := _ANSWERED.search(text))]
    if not log.exceptions and not codes:
        return NotDeliveredError("the service did not accept it and gave no reason", certain=False)
    reasons = [connection_failure_reason(each) for each in log.exceptions] or [f"the service answered {codes[-1]}"]
    certain = not began and all(_before_anything_was_sent(each) for each in log.exceptions)
    return NotDeliveredError(reasons[-1], certain)


def _before_anything_was_sent(error: BaseException) -> bool:
    """Nothing of an HTTP request is sent before its connection is open."""
    never_connected = {"ConnectTimeoutError", "NewConnectionError", "NameResolutionError", "SSLCertVerificationError"}
    return any(type(each).__name__ in never_connected for each in exception_chain(error))
