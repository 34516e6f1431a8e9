"""A wire between the audit and a demo org that changes single answers: an HTTPS server that passes requests on."""

import gzip
import http.client
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus, urlsplit

from demo_org.certificates import certificate_authority, server_context
from demo_org.serve import DemoOrg


@dataclass(frozen=True)
class Answer:
    """An answer as it leaves.

    Attributes:
        body: The body, not compressed.
        status: The HTTP status.
        headers: The headers, but those that the wire itself sets.
        gzipped: Compress it.
        raw: Send these bytes as the body instead, as they are, piece by piece.
        slow_head: Seconds between two bytes of the status line and the headers.
        length: The `Content-Length` to claim; None: the true one, and none where `raw` is sent.
    """

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json;charset=UTF-8"),)
    gzipped: bool = True
    raw: Callable[[], Iterator[bytes]] | None = None
    length: int | None = None
    slow_head: float = 0.0

    def with_header(self, name: str, value: str) -> "Answer":
        """The same, with a header in place of those of its name."""
        kept = tuple(each for each in self.headers if each[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


Change = Callable[[Answer], Answer]


def containing(text: str) -> Callable[[str], bool]:
    """Requests whose method, decoded path and query contain a text."""
    return lambda target: text in target


def rows_of(name: str) -> Callable[[str], bool]:
    """Requests for the first page of an object's rows."""
    return lambda target: "query?q=SELECT Id," in target and source_of(target) == name


def source_of(target: str) -> str:
    """The object that a query is of."""
    return f"{target} ".partition(" FROM ")[2].split(" ")[0]


@dataclass
class Rule:
    """What is changed, at which requests.

    Attributes:
        concerns: Tells, by method, decoded path and query, which requests the rule is about.
        change: Gives the answer, from the honest one; raises `ConnectionResetError` to break the connection.
        nth: The first such request that is changed, from 1.
        times: How many in a row.
    """

    concerns: Callable[[str], bool]
    change: Change
    nth: int = 1
    times: int = 1
    seen: int = 0

    def applies(self, target: str) -> bool:
        """Counts a request where the rule concerns it, and tells whether its answer is changed."""
        if not self.concerns(target):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass
class Wire:
    """The server.

    Attributes:
        url: Where it is.
        rules: What is changed.
        targets: The requests that came in.
        remembers: Ask the org once for the same, and answer from memory from then on.
        honest: What the org answered, by request, where it remembers.
        rows_a_page: How many rows a page has, by `Sforce-Query-Options`; None: as many as the org likes.
    """

    url: str
    rules: list[Rule] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    rows_a_page: int | None = None
    remembers: bool = False
    honest: dict[str, Answer] = field(default_factory=dict)


@contextmanager
def wire_to(demo: DemoOrg, *rules: Rule) -> Iterator[Wire]:
    """Serves a wire to a demo org, under a certificate that the org's clients trust."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    context = server_context(certificate_authority(demo.folder))
    wire = Wire(f"https://localhost:{listener.getsockname()[1]}", list(rules))
    stopping = threading.Event()
    counting = threading.Lock()

    def accept() -> None:
        while not stopping.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), context.wrap_socket(connection, server_side=True) as secure:
            method, path, headers, body = _request(secure)
            target = unquote_plus(f"{method} {path}")
            with counting:
                wire.targets.append(target)
                changes = [rule.change for rule in wire.rules if rule.applies(target)]
            if wire.rows_a_page:
                headers["Sforce-Query-Options"] = f"batchSize={wire.rows_a_page}"
            answer = wire.honest.get(target) or _forwarded(demo, method, path, headers, body)
            if wire.remembers and answer.status == 200:
                wire.honest[target] = answer
            try:
                for change in changes:
                    answer = change(answer)
            except ConnectionResetError:
                secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            _send(secure, answer)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield wire
    finally:
        stopping.set()
        listener.close()


def _request(secure: ssl.SSLSocket) -> tuple[str, str, dict[str, str], bytes]:
    file = secure.makefile("rb")
    method, path, _ = file.readline().decode("latin-1").split(" ", 2)
    headers = {}
    while line := file.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.strip()] = value.strip()
    length = next((int(value) for name, value in headers.items() if name.lower() == "content-length"), 0)
    return method, path, headers, file.read(length)


def _forwarded(demo: DemoOrg, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    host = urlsplit(demo.instance_url)
    context = ssl.create_default_context(cafile=str(demo.ca_file))
    connection = http.client.HTTPSConnection("localhost", host.port, context=context)
    try:
        kept = {name: value for name, value in headers.items() if name.lower() not in {"host", "connection"}}
        connection.request(method, path, body or None, kept)
        answer = connection.getresponse()
        content = answer.read()
        gzipped = answer.headers.get("Content-Encoding") == "gzip"
        about_the_wire = {"content-encoding", "content-length", "transfer-encoding", "connection"}
        kept_headers = tuple(each for each in answer.getheaders() if each[0].lower() not in about_the_wire)
        return Answer(gzip.decompress(content) if gzipped else content, answer.status, kept_headers, gzipped)
    finally:
        connection.close()


def _send(secure: ssl.SSLSocket, answer: Answer) -> None:
    headers = [*answer.headers, ("Connection", "close")]
    pieces: Iterator[bytes]
    if answer.raw:
        pieces = answer.raw()
    else:
        body = gzip.compress(answer.body, 1) if answer.gzipped else answer.body
        if answer.gzipped:
            headers.append(("Content-Encoding", "gzip"))
        length = len(body) if answer.length is None else answer.length
        headers.append(("Content-Length", str(length)))
        pieces = iter([body])
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    first = f"HTTP/1.1 {answer.status} Odd\r\n{head}\r\n".encode("utf-8", "surrogateescape")
    for number in range(len(first) if answer.slow_head else 0):
        secure.sendall(first[number : number + 1])
        time.sleep(answer.slow_head)
    secure.sendall(b"" if answer.slow_head else first)
    for piece in pieces:
        secure.sendall(piece)


def reset(_: Answer) -> Answer:
    """Breaks the connection."""
    raise ConnectionResetError


def json_body(text: str | bytes) -> Change:
    """Sends another JSON body."""
    return lambda answer: replace(answer, body=text if isinstance(text, bytes) else text.encode())


def error(status: int, code: str, message: str = "It went wrong") -> Change:
    """Refuses as Salesforce does."""
    body = f'[{{"message":"{message}","errorCode":"{code}"}}]'.encode()
    return lambda answer: replace(answer, status=status, body=body)


def header(name: str, value: str) -> Change:
    """Changes a header."""
    return lambda answer: answer.with_header(name, value)


def web_page(status: int = 200) -> Change:
    """Sends a web page, as during maintenance."""
    page = b"<html><head><title>Salesforce - Down for Maintenance</title></head><body>Sorry</body></html>"
    return lambda answer: replace(answer.with_header("Content-Type", "text/html"), status=status, body=page)
