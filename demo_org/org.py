"""A running org: what all its endpoints share (content, clock, sessions, the client app, the calls used up)."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
from starlette.requests import HTTPConnection

from demo_org.approvals import Approvals
from demo_org.client_app import ClientApp
from demo_org.clock import Clock
from demo_org.cursors import Cursors
from demo_org.jobs import Jobs
from demo_org.schema.permissions import TURNED_ON_WITH
from demo_org.sessions import Session, Sessions
from demo_org.soql.engine import Engine, Reader

DAILY_API_CALLS = 100_000
"""Calls that an Enterprise org has in 24 hours, before what its licences add (App Limits Cheatsheet)."""


@dataclass(frozen=True)
class User:
    """What sign-in needs to know of a user."""

    id: str
    username: str
    name: str
    email: str | None
    is_active: bool


@dataclass
class ApiCalls:
    """The org's API calls of the last 24 hours; safe to use from several threads."""

    limit: int = DAILY_API_CALLS
    used: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Counts a call; False where none was left."""
        with self._lock:
            if self.used >= self.limit:
                return False
            self.used += 1
            return True


@dataclass
class Org:
    """One org that is being served.

    Attributes:
        url: Its own URL, `https://localhost:<port>`.
        content: The org's content, a DuckDB connection; each piece of work takes a cursor of its own.
        clock: The org's moment.
        client_app: Who may sign in.
        reader_lacks: Permissions (without the `Permissions` prefix) taken from every user that signs in.
        hidden: Objects and fields (`User.Email`) that this org does not have.
        private_users: Whether users see no other user unless a permission lets them.
        calls: API calls used, and how many there are.
        org_id: The org's own Id, 18 characters.
        sessions: The live sessions.
        cursors: The open query cursors.
        jobs: The Bulk API jobs.
        approvals: What users have approved for the client app.
    """

    url: str
    content: duckdb.DuckDBPyConnection
    clock: Clock
    client_app: ClientApp
    reader_lacks: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    private_users: bool = False
    calls: ApiCalls = field(default_factory=ApiCalls)

    org_id: str = field(init=False)
    sessions: Sessions = field(init=False)
    cursors: Cursors = field(default_factory=Cursors)
    jobs: Jobs = field(default_factory=Jobs)
    approvals: Approvals = field(init=False)

    def __post_init__(self) -> None:
        row = self.content.execute('select "Id" from org."Organization"').fetchone()
        if row is None:
            raise ValueError("the org has no Organization record")
        self.org_id = str(row[0])
        self.sessions = Sessions(self.org_id)
        self.approvals = Approvals(self.client_app.rotates_refresh_tokens)
        if user := self._user('lower("Username") = lower(?)', self.client_app.run_as):
            self.approvals.approve(user.id, self.client_app.refresh_token)

    def engine(self) -> Engine:
        """Returns a query engine at the org's present moment."""
        return Engine(self.content, self.clock.now())

    def end_sessions(self) -> None:
        """Ends every session; their query locators are dead with them."""
        self.sessions.end_all()
        self.cursors.drop_all()

    def close(self) -> None:
        """Ends everything that is under way and lets go of the content."""
        self.jobs.close()
        self.end_sessions()
        self.content.close()

    def user(self, user_id: str) -> User:
        """Returns a user by Id.

        Raises:
            LookupError: There is none.
        """
        user = self._user('"Id" = ?', user_id)
        if user is None:
            raise LookupError(user_id)
        return user

    def active_user(self, username: str) -> User | None:
        """Returns an active user by username, or None."""
        user = self._user('lower("Username") = lower(?)', username)
        return user if user is not None and user.is_active else None

    def _user(self, condition: str, value: str) -> User | None:
        row = (
            self.content.cursor()
            .execute(f'select "Id", "Username", "Name", "Email", "IsActive" from org."User" where {condition}', [value])
            .fetchone()
        )
        return User(*row) if row else None

    def sign_in(self, user: User) -> Session:
        """Starts a session of a user, with the permissions it holds now."""
        held = permissions_in_force(self.content.cursor(), user.id, self.clock.now())
        return self.sessions.open(Reader(user.id, held - self._taken(), self.hidden, self.private_users))

    def _taken(self) -> frozenset[str]:
        """Returns what the reader lacks; without Manage Users or View Setup also what the first turns on."""
        if self.reader_lacks.isdisjoint({"ManageUsers", "ViewSetup"}):
            return self.reader_lacks
        chosen_for_themselves = {"MonitorLoginHistory", "ViewAllUsers", "ViewSetup"}
        return self.reader_lacks | TURNED_ON_WITH["ManageUsers"] - chosen_for_themselves


def permissions_in_force(connection: duckdb.DuckDBPyConnection, user_id: str, now: datetime) -> frozenset[str]:
    """Returns what a user may, by its assignments in force: API names without the `Permissions` prefix.

    The set of its profile, its permission sets and the aggregated sets of its groups count alike; revoked, expired
    and session-activated ones do not.
    """
    cursor = connection.execute(
        """
        select bool_or(columns('^Permissions[A-Z]'))
        from org."PermissionSetAssignment" as assignment
        join org."PermissionSet" as held
          on held."Id" = assignment."PermissionSetId"
          or held."PermissionSetGroupId" = assignment."PermissionSetGroupId"
        where assignment."AssigneeId" = ?
          and assignment."IsActive" is not false
          and assignment."IsRevoked" is not true
          and (assignment."ExpirationDate" is null or assignment."ExpirationDate" > ?)
          and held."HasActivationRequired" is not true
        """,
        [user_id, now],
    )
    names = [column[0].removeprefix("Permissions") for column in cursor.description or []]
    return frozenset(name for name, granted in zip(names, cursor.fetchone() or (), strict=True) if granted)


def org_of(request: HTTPConnection) -> Org:
    """Returns the org that a request came to."""
    org: Org = request.app.state.org
    return org


def signed_in(request: HTTPConnection) -> Session | None:
    """Returns the session of a request's access token, or None."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return org_of(request).sessions.find(token.strip()) if scheme.lower() in {"bearer", "oauth"} else None
