"""Starts and stops the demo org: as a context manager for tests and demos, and for the command line until a signal.

The server is uvicorn over TLS, on loopback only, in a thread with an event loop of its own.
"""

import shutil
import signal
import socket
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import duckdb
import uvicorn

from demo_org import certificates, client_app
from demo_org.clock import Clock
from demo_org.content import READER_USERNAME, build_org, demo_policy, rewind
from demo_org.faults import KEPT_REQUESTS, Fault, FaultyWire, Recorded
from demo_org.org import DAILY_API_CALLS, ApiCalls, Org
from demo_org.server import app

CONTENT = "content.duckdb"
START_SECONDS = 30.0
STOP_SECONDS = 10.0


class PortTakenError(Exception):
    """Another program of this machine listens on the port that was asked for."""


class DemoOrg:
    """A demo org that is served while the context lasts; `start` and `stop` do the same by hand, and again.

    Args:
        content: How many users the org has (its content is then built), or the file of an org that was built
            before (it is copied, never written to).
        seed: The same seed gives the same org.
        now: The moment that the content is built for; the org's clock stands still there. None: it goes with
            real time.
        reader_lacks: Permissions (API names without the `Permissions` prefix) taken from whoever signs in.
        port: 0 takes a free one.
        faults: What goes wrong on purpose.
        clock_skew: How far a going clock is ahead of this machine's.
        hidden_objects: Objects that this org does not have.
        without_fields: Fields, by object, that this org does not have.
        private_users: Whether the org's sharing hides users from each other; external ones are hidden anyway.
        api_calls: How many API calls the org has in 24 hours.
        callback_port: The port of the client app's callback URL, `http://localhost:<port>/callback`.
        rotates_refresh_tokens: Whether a refresh token is replaced whenever it is used.
        folder: Where its files go; None: a temporary folder that is removed at the end.

    Attributes:
        folder: Its files: the content, `ca.pem`, keys.
        clock: Its clock.
        faults: What goes wrong on purpose; rules may be added while it runs.
        requests: What came in, oldest first.
    """

    def __init__(
        self,
        content: int | Path,
        *,
        seed: int = 1,
        now: datetime | None = None,
        reader_lacks: frozenset[str] = frozenset(),
        port: int = 0,
        faults: Sequence[Fault] = (),
        clock_skew: timedelta = timedelta(0),
        hidden_objects: frozenset[str] = frozenset(),
        without_fields: Mapping[str, frozenset[str]] | None = None,
        private_users: bool = False,
        api_calls: int = DAILY_API_CALLS,
        callback_port: int = 1717,
        rotates_refresh_tokens: bool = False,
        folder: Path | None = None,
    ) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="demo-org-")
        self.folder = (folder or Path(self._temporary.name if self._temporary else "")).resolve()
        self.clock = Clock(now, clock_skew)
        self._began = self.clock.now()
        self.faults = list(faults)
        self.requests: deque[Recorded] = deque(maxlen=KEPT_REQUESTS)
        self._content = content.resolve() if isinstance(content, Path) else content
        self._seed, self._port, self._weeks_back = seed, port, 0
        fields = {f"{name}.{field}" for name, fields in (without_fields or {}).items() for field in fields}
        self._hidden = hidden_objects | fields
        self._reader_lacks = reader_lacks
        self._private_users = private_users
        self._calls = ApiCalls(api_calls)
        self._callback_url = f"http://localhost:{callback_port}/callback"
        self._rotates_refresh_tokens = rotates_refresh_tokens
        self._client_app: client_app.ClientApp | None = None
        self._org: Org | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary:
            self._temporary.cleanup()

    def start(self) -> None:
        """Makes what is missing in the folder and serves it; a later start takes the same port and the same keys.

        Raises:
            PortTakenError: Another program listens on the port.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        try:
            self._org = self._open_org()
            self._serve(self._org, listener)
        except BaseException:
            listener.close()
            raise

    def stop(self) -> None:
        """Stops serving. Does nothing where it was stopped before, by a fault for one."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(STOP_SECONDS)
        if self._org:
            self._org.close()
        self._server = self._thread = self._org = None

    @property
    def instance_url(self) -> str:
        """The org's own URL."""
        return f"https://localhost:{self._port}"

    @property
    def now(self) -> datetime:
        """The org's moment, in UTC."""
        return self.clock.now()

    @property
    def ca_file(self) -> Path:
        """The certificate authority that a client has to trust, PEM."""
        return self.folder / certificates.CA_CERTIFICATE

    @property
    def private_key_file(self) -> Path:
        """The key that signs the assertions of JWT bearer sign-in, PEM."""
        return self.folder / certificates.PRIVATE_KEY

    @property
    def client_id(self) -> str:
        """The consumer key of the client app that may sign in."""
        return self._client.client_id

    @property
    def client_secret(self) -> str:
        """The consumer secret."""
        return self._client.client_secret

    @property
    def refresh_token(self) -> str:
        """A refresh token that the run-as user has granted."""
        return self._client.refresh_token

    @property
    def password(self) -> str:
        """What any user of the org signs in with in the browser."""
        return self._client.password

    @property
    def username(self) -> str:
        """The user that signs in."""
        return self._client.run_as

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that `configuration` asks for."""
        return client_app.environment(self._client)

    def configuration(
        self,
        flow: str = "client_credentials",
        *,
        name: str = "demo",
        data_dir: str = "data",
        policy: Mapping[str, Any] | None = None,
        ca_bundle: str | None = None,
    ) -> str:
        """Returns the text of a `spendready.yml` that connects to this org (see `client_app.configuration`)."""
        return client_app.configuration(
            self._client,
            self.instance_url,
            self.folder,
            flow=flow,
            name=name,
            data_dir=data_dir,
            policy=policy,
            ca_bundle=ca_bundle,
        )

    @property
    def policy(self) -> dict[str, Any]:
        """The `policy` of its company; of a copied org, where `seed` and `now` are those it was built with."""
        return demo_policy(self._seed, self._began)

    def planted(self, table: str) -> list[dict[str, Any]]:
        """Returns what was planted (`finding`, `integration_user`, `look_alike`): a dictionary a row."""
        cursor = self._running.content.cursor().execute(f'select * from planted."{table}"')
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def change(self, sql: str) -> None:
        """Changes the org's content, e.g. `update org."User" set "IsActive" = false where ...`."""
        self._running.content.cursor().execute(sql)

    def rewind(self, weeks: int) -> None:
        """Goes to so many whole weeks before the moment that the content was built for, with clock and content.

        Of an org whose content was changed, the changes since the last call are lost.
        """
        rewind(self._running.content.cursor(), self._began, weeks)
        self.clock.move(timedelta(weeks=self._weeks_back - weeks))
        self._weeks_back = weeks

    def end_sessions(self) -> None:
        """Ends every session: access tokens and query locators are dead."""
        self._running.end_sessions()

    @property
    def _client(self) -> client_app.ClientApp:
        if self._client_app is None:
            raise RuntimeError("the demo org was not started")
        return self._client_app

    @property
    def _running(self) -> Org:
        if self._org is None:
            raise RuntimeError("the demo org is not running")
        return self._org

    def _open_org(self) -> Org:
        path = self.folder / CONTENT
        if path != self._content:
            path.unlink(missing_ok=True)
            if isinstance(self._content, Path):
                shutil.copyfile(self._content, path)
            else:
                build_org(path, self._content, self._seed, self._began)
            self._content = path
        content = duckdb.connect(path, config={"memory_limit": "1GB", "temp_directory": str(self.folder / "spill")})
        content.execute("set global TimeZone = 'UTC'")
        self._client_app = replace(
            client_app.ClientApp.of_key(certificates.client_key(self.folder), _run_as(content)),
            callback_urls=(self._callback_url,),
            rotates_refresh_tokens=self._rotates_refresh_tokens,
        )
        return Org(
            self.instance_url,
            content,
            self.clock,
            self._client_app,
            self._reader_lacks,
            self._hidden,
            self._private_users,
            self._calls,
        )

    def _serve(self, org: Org, listener: socket.socket) -> None:
        context = certificates.server_context(certificates.certificate_authority(self.folder))
        wire = FaultyWire(app(org), self.faults, self.end_sessions, self.change, self._break_down, self.requests)
        self._server = uvicorn.Server(
            uvicorn.Config(
                wire,
                ssl_context_factory=lambda _config, _default: context,
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level="critical",  # a broken connection is a fault's doing; what fails in the org, it logs itself
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=0,  # clients keep idle connections open: do not wait for them
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="demo-org", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the demo org's server did not start")
            time.sleep(0.005)

    def _break_down(self) -> None:
        """Stops at once, from within the server: open connections are cut, new ones refused."""
        if self._server:
            self._server.should_exit = True
            for listening in self._server.servers:
                listening.close()
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise PortTakenError(f"port {port} of this machine is taken") from None
    return listener


def _run_as(content: duckdb.DuckDBPyConnection) -> str:
    """Returns the username of the reader that the content has; else of its first active user."""
    row = content.execute(
        'select "Username" from org."User" where "IsActive" order by "Username" <> ?, "Id" limit 1', [READER_USERNAME]
    ).fetchone()
    if row is None:
        raise ValueError("the org has no active user")
    return str(row[0])


def serve_forever(
    users: int,
    seed: int,
    port: int,
    now: datetime | None,
    folder: Path,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Builds an org into a folder and serves it until SIGINT or SIGTERM.

    Args:
        users: How many users it has.
        seed: The same seed gives the same org.
        port: 0 takes a free one.
        now: The org's clock stands still at this moment; None: it goes with real time.
        folder: Where its files go; nothing is written elsewhere.
        announce: Takes the text that says how to connect; None: it is printed.

    Raises:
        PortTakenError: Another program listens on the port.
    """
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    with DemoOrg(users, seed=seed, now=now, port=port, folder=folder) as org:
        # Only now: while the org is being built, Ctrl-C ends the program as it does any other.
        previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            (announce or _print_at_once)(_introduction(org))
            stopping.wait()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _print_at_once(text: str) -> None:
    print(text, flush=True)


def _introduction(org: DemoOrg) -> str:
    """Says where the org is and how to audit it: the environment as shell commands, then `spendready.yml`."""
    exports = "\n".join(f"#   export {name}={value}" for name, value in org.environment.items())
    return (
        f"# A demo org is served at {org.instance_url} (stop it with Ctrl-C).\n"
        f"# Its credentials, for this machine only:\n{exports}\n"
        f"# In the browser (flow: browser) sign in as {org.username} with the password {org.password}\n"
        f"# spendready.yml:\n{org.configuration(policy=org.policy)}"
    )
