"""A web server on this machine that takes one answer from a browser: the end of an OAuth sign-in."""

import hmac
import os
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from spendready_pipeline.errors import OrgError

CALLBACK_PATH = "/callback"
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>SpendReady</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem; padding: 0 1rem }}</style>
</head><body><h1>{title}</h1><p>{text}</p></body></html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


@dataclass(frozen=True)
class CallbackAnswer:
    """The browser's answer.

    Attributes:
        code: The authorization code, a secret; None where the sign-in was refused.
        error: OAuth's `error`; empty where there is a code.
        error_description: Salesforce's text for it.
    """

    code: str | None = field(repr=False)
    error: str = ""
    error_description: str = ""


class CallbackServer:
    """Listens on loopback while its context lasts. Only the first answer with the right state counts.

    Args:
        org: The org's name, for messages.
        port: The port of the client app's callback URL.
        state: The value that the answer has to repeat.
    """

    def __init__(self, org: str, port: int, state: str) -> None:
        self._state = state
        self._answer: CallbackAnswer | None = None
        self._answered = threading.Event()
        self._lock = threading.Lock()
        try:
            self._server = _Server(("127.0.0.1", port), self._handler())
        except OSError:
            raise OrgError(
                f"{org}: port {port} of this machine is in use",
                "Stop the program that uses it (another spendready login, the Salesforce CLI), or set "
                "auth.callback_port and the client app's callback URL to another port",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="callback", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> CallbackAnswer | None:
        """Waits for the answer; returns None where none arrives in time."""
        self._answered.wait(seconds)
        return self._answer

    def _take(self, query: str) -> tuple[int, str, str]:
        """Takes an answer; returns status, title and text of the page to show."""
        values = parse_qs(query, keep_blank_values=True, max_num_fields=20)
        single = {name: each[0] for name, each in values.items() if len(each) == 1}
        if not hmac.compare_digest(single.get("state", "").encode(), self._state.encode()):
            return 400, "Not the expected answer", "It does not belong to the sign-in that SpendReady is waiting for."
        code, error = single.get("code"), single.get("error", "").replace("-", "_")
        if bool(code) == bool(error):
            return 400, "Not a valid answer", "It has neither a code nor an error. Run spendready login again."
        with self._lock:
            if self._answer is not None:
                return 410, "SpendReady already has an answer", "You can close this window."
            self._answer = CallbackAnswer(code, error, single.get("error_description", ""))
        if error:
            return 200, "You are not signed in", "Salesforce refused the sign-in. You can close this window."
        return 200, "SpendReady has the approval", "You can close this window and return to the terminal."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds; browsers open connections that they may never use
            server_version, sys_version = "SpendReady", ""

            def do_GET(self) -> None:
                """Answers the browser with a page."""
                path, _, query = self.path.partition("?")
                if path != CALLBACK_PATH:
                    self._show(404, "Not found", "SpendReady is waiting for a sign-in at another address.")
                    return
                try:
                    status, title, text = owner._take(query)
                except ValueError:
                    status, title, text = 400, "Not a valid answer", "It has too many parts."
                try:
                    self._show(status, title, text)
                finally:
                    if owner._answer is not None:
                        owner._answered.set()  # only after the page is sent: the server ends with the program

            def _show(self, status: int, title: str, text: str) -> None:
                page = _PAGE.format(title=title, text=text).encode()
                self.send_response(status)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Logs nothing: the address has the code."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # On Windows the option would let another program use the port as well.
    allow_reuse_address = os.name != "nt"

    def server_bind(self) -> None:
        """Binds without asking a name server for this machine's name, as http.server would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Prints nothing of a browser that hung up."""
